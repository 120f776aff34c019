using System.Diagnostics;
using System.Security.Cryptography;
using Gateway.Http;
using Microsoft.Extensions.Options;

namespace Gateway.Jobs;

/// <summary>
/// One attempt from its claim to what becomes of it: 1 work, 2 judge a failure, 3 clean up where the job ends without success, 4 store the end, and
/// only then 5 tell it. So whoever sees <c>canceled</c> or <c>failed</c> finds nothing left behind.
/// </summary>
internal sealed partial class JobAttempt(
    JobWork work, JobCleaner cleaner, JobStore store, JobHub hub, JobTelemetry telemetry, IEnumerable<JobEnded> listeners, TimeProvider time,
    IOptions<JobOptions> options, IHostApplicationLifetime lifetime, ILogger<JobAttempt> log)
{
    /// <summary>Between two tries to store an end.</summary>
    private static readonly TimeSpan StoreRetry = TimeSpan.FromSeconds(2);

    public async Task RunAsync(RunningJob running, Activity span)
    {
        var job = running.Current;
        hub.Publish(job);
        if (job.CancelRequested)
        {
            await EndAsync(running, JobState.Canceled, null);
            return;
        }

        if (job.StartedAt is null)
        {
            var problem = new Problem(ProblemKinds.DeadlineExceeded, $"the job waited for its first attempt for longer than {options.Value.QueueLimit:c}");
            await EndAsync(running, JobState.Failed, JobError.From(problem));
            return;
        }

        string? result;
        ProgressView progress;
        try
        {
            (result, progress) = await work.RunAsync(running);
        }
#pragma warning disable CA1031 // Whatever a handler fails with becomes the job's problem through the one table.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            var now = time.GetUtcNow();
            var verdict = JobVerdict.On(job, running.Reason, failure, options.Value.MaxAttempts, now, Jitter());
            span.SetStatus(ActivityStatusCode.Error, verdict.Problem?.Kind.Code ?? running.Reason.Spell());
            await ApplyAsync(running, verdict, failure, now);
            return;
        }

        await FinishAsync(running, running.Close(current => current with { State = JobState.Succeeded, Result = result, Progress = progress }));
    }

    private Task ApplyAsync(RunningJob running, JobVerdict verdict, Exception failure, DateTimeOffset now)
    {
        var job = running.Current;
        switch (verdict.Verdict)
        {
            case Verdict.Retry:
                LogRetry(job.Id, job.Kind, job.Attempt, verdict.Problem!.Kind.Code, verdict.RetryAt!.Value, failure);
                telemetry.Retried(job.Kind);
                return RequeueAsync(running, running.Close(current => current with
                {
                    Failures = current.Failures + 1,
                    NextAttemptAt = verdict.RetryAt,
                    WaitsSince = now,
                    Error = JobError.From(verdict.Problem),
                }), countAttempt: true);
            case Verdict.PutBack:
                return RequeueAsync(running, running.Close(current => current with { NextAttemptAt = now, WaitsSince = now }), countAttempt: false);
            case Verdict.Fail:
                LogFailed(job.Id, job.Kind, job.Attempt, verdict.Problem!.Kind.Code, failure);
                return EndAsync(running, JobState.Failed, JobError.From(verdict.Problem));
            case Verdict.Cancel:
                return EndAsync(running, JobState.Canceled, null);
            default:
                LogLost(job.Id);
                return Task.CompletedTask;
        }
    }

    private async Task EndAsync(RunningJob running, JobState state, JobError? error)
    {
        var clean = await cleaner.CleanAsync(running.Current);
        await FinishAsync(running, running.Close(current => current with { State = state, Error = error, CleanUpPending = !clean }));
    }

    private async Task FinishAsync(RunningJob running, JobRecord ended)
    {
        if (await PersistAsync(running, () => store.FinishAsync(ended, CancellationToken.None)) is { } stored)
        {
            hub.Publish(stored);
            telemetry.Ended(stored);
            LogEnded(stored.Id, stored.Kind, stored.State, stored.Attempt);
            await listeners.TellAsync(stored);
        }
    }

    private async Task RequeueAsync(RunningJob running, JobRecord waiting, bool countAttempt)
    {
        if (await PersistAsync(running, () => store.RequeueAsync(waiting, countAttempt, CancellationToken.None)) is { } stored)
        {
            hub.Publish(stored);
        }
    }

    /// <summary>
    /// Stores what became of the attempt, however long the disk is full; a shutdown ends the tries, and the next start takes the job over. Null: not
    /// stored, because of that or because the job is another owner's.
    /// </summary>
    private async Task<JobRecord?> PersistAsync(RunningJob running, Func<Task<JobRecord?>> write)
    {
        while (true)
        {
            try
            {
                var stored = await write();
                if (stored is null)
                {
                    LogLost(running.Current.Id);
                }

                return stored;
            }
            catch (ProblemException unavailable) when (unavailable.Kind == ProblemKinds.JobStoreUnavailable)
            {
                LogNotStored(running.Current.Id, unavailable);
                if (lifetime.ApplicationStopping.IsCancellationRequested)
                {
                    return null;
                }

                await Task.Delay(StoreRetry, time, lifetime.ApplicationStopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>0 to 1; its quality does not matter, its being different in each process does.</summary>
    private static double Jitter() => RandomNumberGenerator.GetInt32(1001) / 1000.0;

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {JobId} ({Kind}) ended as {State} in attempt {Attempt}")]
    private partial void LogEnded(string jobId, string kind, JobState state, int attempt);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId} ({Kind}) attempt {Attempt} failed with {Code}; the next begins at {RetryAt}")]
    private partial void LogRetry(string jobId, string kind, int attempt, string code, DateTimeOffset retryAt, Exception failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId} ({Kind}) attempt {Attempt} failed with {Code}")]
    private partial void LogFailed(string jobId, string kind, int attempt, string code, Exception failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId} has another owner; this attempt touches it no more")]
    private partial void LogLost(string jobId);

    [LoggerMessage(Level = LogLevel.Error, Message = "What became of job {JobId} could not be stored")]
    private partial void LogNotStored(string jobId, Exception failure);
}
