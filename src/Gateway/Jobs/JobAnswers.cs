using Gateway.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Gateway.Jobs;

/// <summary>The answer of every call that starts long work.</summary>
internal static class JobAnswers
{
    /// <summary>
    /// 202 with the job and its <c>Location</c>; with <c>Prefer: wait=N</c> the finished job and 200, if it ends within N seconds (at most 60).
    /// </summary>
    public static async Task<Results<Ok<JobView>, Accepted<JobView>>> Accepted(HttpContext http, JobRecord job, CancellationToken cancel)
    {
        var location = $"/v1/jobs/{job.Id}";
        if (PreferWait.Read(http.Request.Headers["Prefer"]) is { } wait)
        {
            job = await WaitAsync(http, job, wait, cancel);
            if (job.State.IsFinal())
            {
                http.Response.Headers.Location = location;
                return TypedResults.Ok(JobView.From(job));
            }
        }

        return TypedResults.Accepted(location, JobView.From(job));
    }

    private static async Task<JobRecord> WaitAsync(HttpContext http, JobRecord job, TimeSpan wait, CancellationToken cancel)
    {
        try
        {
            var waited = await http.RequestServices.GetRequiredService<JobWatcher>().WaitForEndAsync(job, job.Subject, wait, cancel);
            http.Response.Headers["Preference-Applied"] = $"wait={wait.TotalSeconds:0}";
            return waited;
        }
        catch (ProblemException full) when (full.Kind == ProblemKinds.TooManyRequests)
        {
            // Too many wait already. A preference may be ignored, and the job has been started: that is what the answer must tell.
            return job;
        }
    }
}
