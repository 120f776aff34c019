using System.Diagnostics;
using System.Text.Json;

namespace Gateway.Jobs;

/// <summary>A job as callers see it.</summary>
/// <param name="Id">Time-ordered and URL-safe.</param>
/// <param name="Kind">What is done, for example `image.pull`.</param>
/// <param name="CancelRequested">Whether somebody asked to cancel it; work that was done by then still ends as succeeded.</param>
/// <param name="Namespace">containerd's namespace the work is done in.</param>
/// <param name="Request">As it was sent, without its credentials.</param>
/// <param name="Result">What the work made, once it has succeeded.</param>
/// <param name="Error">Why it failed, or why it waits for another attempt.</param>
/// <param name="Progress">Null before the first attempt.</param>
/// <param name="Attempt">1 on the first; 0 before it.</param>
/// <param name="CreatedBy">Subject of the caller who asked for it.</param>
/// <param name="CreatedAt">When it was accepted.</param>
/// <param name="StartedAt">When its first attempt began.</param>
/// <param name="FinishedAt">When it came to its end.</param>
/// <param name="NextAttemptAt">When a job that was put back into the queue is due.</param>
/// <param name="TraceId">Leads to its spans and log lines.</param>
internal sealed record JobView(
    string Id,
    string Kind,
    JobState State,
    bool CancelRequested,
    string Namespace,
    JsonElement Request,
    JsonElement? Result,
    JobError? Error,
    ProgressView? Progress,
    int Attempt,
    string CreatedBy,
    DateTimeOffset CreatedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? FinishedAt,
    DateTimeOffset? NextAttemptAt,
    string TraceId)
{
    public static JobView From(JobRecord job) => new(
        job.Id,
        job.Kind,
        job.State,
        job.CancelRequested,
        job.Namespace,
        Parse(job.Request)!.Value,
        Parse(job.Result),
        job.Error,
        job.Progress,
        job.Attempt,
        job.Subject,
        job.CreatedAt,
        job.StartedAt,
        job.FinishedAt,
        job.NextAttemptAt,
        ActivityContext.Parse(job.TraceParent, null).TraceId.ToHexString());

    private static JsonElement? Parse(string? json) => json is null ? null : JsonElement.Parse(json);
}
