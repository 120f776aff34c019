using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace Gateway.Jobs;

/// <summary>
/// Claims jobs, each namespace and caller in turn, and runs them, a bounded number at once. A shutdown puts the running ones back; the next start goes on with them.
/// </summary>
internal sealed partial class JobRunner(
    JobStore store, JobQueries queries, JobHub hub, RunningJobs running, JobAttempt attempt, WorkSignal signal, JobTelemetry telemetry,
    TimeProvider time, IOptions<JobOptions> options, IOptions<JobLimitOptions> limits, IHostApplicationLifetime lifetime, ILogger<JobRunner> log) : BackgroundService
{
    /// <summary>The queue is looked at after this time even if nobody rang: a clock may have been set.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan StoreRetry = TimeSpan.FromSeconds(2);

    /// <summary>Jobs that are only to be cleaned up and ended need no slot, but have a bound of their own.</summary>
    private const int MaxEnding = 16;

    private readonly ConcurrentDictionary<Task, bool> attempts = new();
    private int working;
    private int ending;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Before the first request is served: nothing may look as if it ran while nothing does.
        var abandoned = await store.RequeueAbandonedAsync(cancellationToken);
        if (abandoned > 0)
        {
            LogTakenOver(abandoned);
        }

        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lifetime.ApplicationStopping);
        try
        {
            while (true)
            {
                await signal.WaitAsync(await StartDueAsync(either.Token), either.Token);
            }
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            running.StopAll(StopReason.Shutdown);
            await Task.WhenAll(attempts.Keys);
        }
    }

    /// <summary>Starts what is due and has room, and tells how long there is nothing to do.</summary>
    private async Task<TimeSpan> StartDueAsync(CancellationToken cancel)
    {
        try
        {
            while (Volatile.Read(ref ending) < MaxEnding)
            {
                var scope = Scope();
                if (await store.ClaimAsync(scope, options.Value.QueueLimit, limits.Value.RunRoom, cancel) is not { } job)
                {
                    return scope is ClaimScope.Any ? UntilDue() : LookEvery;
                }

                Start(job);
            }

            return LookEvery;
        }
#pragma warning disable CA1031 // A full disk or one broken row must not end the runner, and with it the gateway.
        catch (Exception failure) when (failure is not OperationCanceledException)
#pragma warning restore CA1031
        {
            LogStoreUnavailable(failure);
            return StoreRetry;
        }
    }

    // Long work of one namespace does not keep another from beginning: a namespace with nothing running goes beyond the bound, up to twice as many in all.
    private ClaimScope Scope()
    {
        var (now, most) = (Volatile.Read(ref working), options.Value.MaxRunning);
        return now < most ? ClaimScope.Any : now < 2 * most ? ClaimScope.Newcomers : ClaimScope.None;
    }

    private TimeSpan UntilDue()
    {
        var left = queries.NextDue(limits.Value.RunRoom) - time.GetUtcNow() ?? LookEvery;
        return left > LookEvery ? LookEvery : left < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : left;
    }

    private void Start(JobRecord job)
    {
        var ends = job.CancelRequested || job.StartedAt is null || job.Deadline <= time.GetUtcNow();
        Interlocked.Increment(ref ends ? ref ending : ref working);

        // In the table before anything is awaited: a shutdown that begins now must find it there.
        var claimed = new RunningJob(job, hub);
        running.Add(claimed);
        var task = RunAsync(job, claimed, ends);
        attempts[task] = true;
        _ = task.ContinueWith(ended => attempts.TryRemove(ended, out _), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private async Task RunAsync(JobRecord job, RunningJob claimed, bool ends)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await using var last = claimed;
        telemetry.Running(job.Kind, +1);
        try
        {
            // A wish to cancel that was stored before the job stood in the table of running ones reached nobody.
            if (!job.CancelRequested && queries.Find(job.Id) is { CancelRequested: true })
            {
                claimed.Cancel();
            }

            using var span = JobTelemetry.Span(job);
            await attempt.RunAsync(claimed, span);
        }
#pragma warning disable CA1031 // A defect in one attempt must not end the runner; the next start takes the job over.
        catch (Exception defect)
#pragma warning restore CA1031
        {
            LogDefect(job.Id, job.Kind, defect);
        }
        finally
        {
            running.Remove(claimed);
            hub.Forget(job);
            telemetry.Running(job.Kind, -1);
            Interlocked.Decrement(ref ends ? ref ending : ref working);
            signal.Ring();
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} jobs that the last process left running go on")]
    private partial void LogTakenOver(int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "The job store cannot be used; it is tried again")]
    private partial void LogStoreUnavailable(Exception failure);

    [LoggerMessage(Level = LogLevel.Critical, Message = "Job {JobId} ({Kind}) ended in a defect of the runner")]
    private partial void LogDefect(string jobId, string kind, Exception defect);
}
