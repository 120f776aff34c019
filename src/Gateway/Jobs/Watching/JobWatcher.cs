namespace Gateway.Jobs;

/// <summary>Waits for jobs to end.</summary>
internal sealed class JobWatcher(JobQueries jobs, JobHub hub, TimeProvider time, IHostApplicationLifetime lifetime)
{
    /// <summary>Longest time a request is held open for a job to end.</summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(60);

    /// <summary>The newest state of a job as the watcher knows it; null: no such job.</summary>
    public JobRecord? Find(string id) => jobs.Find(id) is { } stored ? hub.Newest(stored) : null;

    /// <summary>Returns the job when it has ended, or as it is when the time is over or the gateway shuts down.</summary>
    public async Task<JobRecord> WaitForEndAsync(JobRecord job, string subject, TimeSpan patience, CancellationToken cancel)
    {
        using var watch = hub.Watch(job.Id, subject);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, lifetime.ApplicationStopping);
        var began = time.GetTimestamp();
        var newest = Find(job.Id) ?? job;
        try
        {
            while (!newest.State.IsFinal()
                && await watch.NextAsync(newest.EventId, patience - time.GetElapsedTime(began), time, either.Token) is { } next)
            {
                newest = next;
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // Shutting down: the answer goes out now, and the client asks again after the restart.
        }

        return newest;
    }
}
