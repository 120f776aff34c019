using System.Text.Json;

namespace Gateway.Jobs;

/// <summary>Has a handler remove what a job may have left.</summary>
internal sealed partial class JobCleaner(JobHandlers handlers, TimeProvider time, ILogger<JobCleaner> log)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>False when something may still be there; it is then tried again later.</summary>
    public async Task<bool> CleanAsync(JobRecord job)
    {
        if (handlers.Find(job.Kind) is not { } handler)
        {
            return true;
        }

        using var limit = new CancellationTokenSource(Limit, time);
        try
        {
            using var request = JsonDocument.Parse(job.Request);
            await handler.CleanUpAsync(new JobRun(job.Id, job.Namespace, request.RootElement, null, job.Attempt, new JobProgress()), limit.Token);
            return true;
        }
#pragma warning disable CA1031 // Whatever a clean-up fails with, the job comes to its end and the clean-up is tried again.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogFailure(job.Id, job.Kind, failure);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The clean-up of job {JobId} ({Kind}) failed; it is tried again later")]
    private partial void LogFailure(string jobId, string kind, Exception failure);
}
