namespace Gateway.Jobs;

/// <summary>Cancels jobs in whatever state they are.</summary>
internal sealed class JobCanceler(JobStore store, JobHub hub, RunningJobs running, WorkSignal signal, JobTelemetry telemetry, IEnumerable<JobEnded> listeners)
{
    /// <summary>The job as it is now: canceled already, still to be cleaned up, or ended before. Null: no such job.</summary>
    public async Task<JobRecord?> CancelAsync(string id, CancellationToken cancel)
    {
        var (job, endedHere) = await store.RequestCancelAsync(id, cancel);
        switch (job?.State)
        {
            case JobState.Running:
                running.Cancel(id);
                return hub.Newest(job);
            case JobState.Queued:
                hub.Publish(job);
                signal.Ring();
                return job;
            case JobState.Canceled when endedHere:
                hub.Publish(job);
                telemetry.Ended(job);
                await listeners.TellAsync(job);
                return job;
            default:
                return job;
        }
    }
}
