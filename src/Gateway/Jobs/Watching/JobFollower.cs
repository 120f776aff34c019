using Gateway.Auth;

namespace Gateway.Jobs;

/// <summary>Tells one reader of a job's states, until the job's end or the reader's.</summary>
internal sealed partial class JobFollower(ICallers callers, TimeProvider time, IHostApplicationLifetime lifetime, JobTelemetry telemetry, ILogger<JobFollower> log)
{
    private const string Restart = "the gateway restarts; the job goes on after that";
    private const string Denied = "the credentials are no longer good for this job";

    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    /// <summary>How long a stream goes on over one look at its credentials. It is looked at before the next event or heartbeat.</summary>
    private static readonly TimeSpan Trust = TimeSpan.FromSeconds(15);

    /// <param name="job">Its state after the watch began.</param>
    /// <param name="seen">The last event the reader has had, where it had one.</param>
    public async Task FollowAsync(HttpContext http, JobWatch watch, JobRecord job, JobEventId? seen, IEventFormat format)
    {
        try
        {
            await TellAsync(http, watch, job, seen, format);
        }
        catch (TimeoutException)
        {
            telemetry.CutOff(job.Kind);
            LogCutOff(job.Id, EventStream.Patience.TotalSeconds);
        }
    }

    private async Task TellAsync(HttpContext http, JobWatch watch, JobRecord job, JobEventId? seen, IEventFormat format)
    {
        var stream = new EventStream(http, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await stream.BeginAsync(format.ContentType, either.Token);
            if (seen != job.EventId)
            {
                await stream.SendAsync(GapAfter(seen, job, format), either.Token);
                await stream.SendAsync(format.Event(job), either.Token);
            }

            var judged = time.GetTimestamp();
            while (!job.State.IsFinal())
            {
                var next = await watch.NextAsync(job.EventId, Heartbeat, time, either.Token);
                if (time.GetElapsedTime(judged) >= Trust)
                {
                    if (await callers.FindAsync(http) is not { } caller || !JobAccess.MaySee(job, caller))
                    {
                        await stream.SendAsync(format.Goodbye(Denied), either.Token);
                        return;
                    }

                    judged = time.GetTimestamp();
                }

                await stream.SendAsync(next is null ? format.Heartbeat(job) : format.Event(next), either.Token);
                job = next ?? job;
            }
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client has gone.
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            await stream.SendAsync(format.Goodbye(Restart), http.RequestAborted);
        }
    }

    /// <summary>Also where the job never had that id, as in a store that was restored: what came after it is not to be had either.</summary>
    private static ReadOnlyMemory<byte> GapAfter(JobEventId? seen, JobRecord job, IEventFormat format) =>
        seen is { } last && !job.EventId.Follows(last) ? format.Gap(last, job.EventId) : default;

    [LoggerMessage(Level = LogLevel.Warning, Message = "A reader of the events of job {JobId} took nothing for {Seconds} s and is cut off")]
    private partial void LogCutOff(string jobId, double seconds);
}
