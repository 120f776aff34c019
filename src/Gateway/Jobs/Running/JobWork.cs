using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Http;
using Gateway.Oci;
using Microsoft.Extensions.Options;

namespace Gateway.Jobs;

/// <summary>Runs a job's handler within the job's time, and reports how far it is.</summary>
internal sealed partial class JobWork(
    JobHandlers handlers, JobSecrets secrets, JobStore store, TimeProvider time, IOptions<JobOptions> options, ILogger<JobWork> log)
{
    /// <summary>How often watchers hear of progress.</summary>
    private static readonly TimeSpan TellEvery = TimeSpan.FromMilliseconds(250);

    /// <summary>Every second telling is stored: two writes a second.</summary>
    private const int SaveEvery = 2;

    /// <summary>An attempt without progress is stored all the same each ten seconds, and learns by that whether the job is still its own.</summary>
    private const int HeartbeatEvery = 40;

    /// <summary>The result's JSON and the last figures. What the handler throws passes through.</summary>
    public async Task<(string? Result, ProgressView Progress)> RunAsync(RunningJob running)
    {
        var job = running.Current;
        var handler = handlers.Find(job.Kind)
            ?? throw new ProblemException(ProblemKinds.InternalError, $"this gateway does not know jobs of kind {job.Kind}");
        var progress = new JobProgress();
        var meter = new ProgressMeter(progress, time);
        var run = new JobRun(job.Id, job.Namespace, RequestOf(job), SecretOf(job), job.Attempt, progress);

        var left = TimeLeft(job);
        using var deadline = StopAfter(running, left, StopReason.Deadline);
        using var limit = options.Value.AttemptLimit < left ? StopAfter(running, options.Value.AttemptLimit, StopReason.Overran) : null;
        using var ended = new CancellationTokenSource();
        var reporting = ReportAsync(running, meter, ended.Token);
        JsonNode? result;
        try
        {
            running.Stopping.ThrowIfCancellationRequested();
            result = await handler.RunAsync(run, running.Stopping);
        }
        finally
        {
            await ended.CancelAsync();
            await reporting;
            Tell(running, meter);
        }

        return (result?.ToJsonString(), meter.Complete()); // only now: the meter takes one reader at a time
    }

    private static JsonElement RequestOf(JobRecord job)
    {
        using var request = JsonDocument.Parse(job.Request);
        return request.RootElement.Clone();
    }

    private Secret? SecretOf(JobRecord job) => job.Secret is null ? null : secrets.Unseal(job.Id, job.Namespace, job.Secret);

    // Where the clock was set back before, the job gets its whole time again, and no more.
    private TimeSpan TimeLeft(JobRecord job) => TimeSpan.FromTicks(Math.Clamp((job.Deadline!.Value - time.GetUtcNow()).Ticks, 0, job.Timeout.Ticks));

    // From here on the clock may be set: a timer does not care.
    private ITimer StopAfter(RunningJob running, TimeSpan left, StopReason reason)
    {
        if (left == TimeSpan.Zero)
        {
            running.Stop(reason);
        }

        return time.CreateTimer(_ => running.Stop(reason), null, left, Timeout.InfiniteTimeSpan);
    }

    private async Task ReportAsync(RunningJob running, ProgressMeter meter, CancellationToken ended)
    {
        using var timer = new PeriodicTimer(TellEvery, time);
        var saved = running.Current;
        var stall = new StallWatch(options.Value.IdleLimit, time);
        try
        {
            for (var tick = 1; await timer.WaitForNextTickAsync(ended); tick++)
            {
                Tell(running, meter);
                if (running.Current.Progress is { } progress && stall.IsStalled(progress))
                {
                    running.Stop(StopReason.Stalled);
                }

                if (tick % HeartbeatEvery == 0 || (tick % SaveEvery == 0 && running.Current != saved))
                {
                    saved = running.Current;
                    await SaveAsync(running, saved, ended);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The attempt is over.
        }
    }

    private static void Tell(RunningJob running, ProgressMeter meter)
    {
        var seen = meter.Read();
        if (!Same(running.Current.Progress, seen))
        {
            running.Change(job => job with { Progress = seen });
        }
    }

    private async Task SaveAsync(RunningJob running, JobRecord job, CancellationToken ended)
    {
        try
        {
            if (!await store.SaveProgressAsync(job, ended))
            {
                running.Stop(StopReason.Lost);
            }
        }
        catch (ProblemException unavailable)
        {
            // Progress is advisory: the work goes on, and its end is written again and again until it stands.
            LogUnsaved(job.Id, unavailable);
        }
    }

    private static bool Same(ProgressView? before, ProgressView now) =>
        before is not null && before with { Items = now.Items } == now && before.Items.SequenceEqual(now.Items);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The progress of job {JobId} could not be stored")]
    private partial void LogUnsaved(string jobId, Exception failure);
}
