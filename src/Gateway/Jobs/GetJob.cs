using System.Text.RegularExpressions;
using Gateway.Auth;
using Gateway.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Gateway.Jobs;

internal static partial class GetJob
{
    /// <summary>The job as it is; with <c>wait</c> when it has ended, or as it is when that time is over.</summary>
    /// <param name="wait">How long to hold the answer, such as <c>30s</c>; up to 60 seconds.</param>
    public static async Task<Results<Ok<JobView>, StatusCodeHttpResult>> Handle(
        string id, string? wait, Caller caller, JobAccess access, JobWatcher watcher, HttpContext http, CancellationToken cancel)
    {
        var patience = Patience(wait);
        var job = access.Find(id, caller);
        if (patience > TimeSpan.Zero)
        {
            job = await watcher.WaitForEndAsync(job, caller.Subject, patience, cancel);
        }

        http.Response.GetTypedHeaders().ETag = JobTag.Of(job);
        return JobTag.IsKnown(http, job)
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(JobView.From(job));
    }

    private static TimeSpan Patience(string? wait)
    {
        if (wait is null)
        {
            return TimeSpan.Zero;
        }

        var parts = Duration().Match(wait);
        var patience = parts.Success ? int.Parse(parts.Groups["count"].ValueSpan) * Unit(parts.Groups["unit"].Value) : TimeSpan.MaxValue;
        return patience <= JobWatcher.MaxWait
            ? patience
            : throw ProblemException.InvalidField(nameof(wait), "must be a duration up to 60s, such as 30s");
    }

    private static TimeSpan Unit(string unit) => unit switch
    {
        "ms" => TimeSpan.FromMilliseconds(1),
        "s" => TimeSpan.FromSeconds(1),
        _ => TimeSpan.FromMinutes(1),
    };

    [GeneratedRegex(@"\A(?<count>[0-9]{1,5})(?<unit>ms|s|m)\z", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Duration();
}
