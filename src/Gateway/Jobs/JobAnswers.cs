using Microsoft.AspNetCore.Http.HttpResults;

namespace Gateway.Jobs;

/// <summary>The answer of every call that starts long work.</summary>
internal static class JobAnswers
{
    /// <summary>202 with the job and its <c>Location</c>; with <c>Prefer: wait=N</c> the finished job and 200, if it ends within N seconds (at most 60).</summary>
    public static async Task<Results<Ok<JobView>, Accepted<JobView>>> Accepted(HttpContext http, JobRecord job, CancellationToken cancel)
    {
        var location = $"/v1/jobs/{job.Id}";
        if (PreferWait.Read(http.Request.Headers["Prefer"]) is { } wait)
        {
            http.Response.Headers["Preference-Applied"] = $"wait={wait.TotalSeconds:0}";
            job = await http.RequestServices.GetRequiredService<JobWatcher>().WaitForEndAsync(job, wait, cancel);
            if (job.State.IsFinal())
            {
                http.Response.Headers.Location = location;
                return TypedResults.Ok(JobView.From(job));
            }
        }

        return TypedResults.Accepted(location, JobView.From(job));
    }
}
