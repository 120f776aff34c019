namespace Gateway.Jobs;

/// <summary>One watcher's view of one job. Ends with <see cref="Dispose"/>.</summary>
internal sealed class JobWatch(JobHub hub, string id, string subject, JobHub.Topic topic) : IDisposable
{
    private bool disposed;

    /// <summary>The newest state, once there is one after the given; null when patience ends first.</summary>
    public async Task<JobRecord?> NextAsync(JobEventId after, TimeSpan patience, TimeProvider time, CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            // Taken before the state is looked at: a change in between completes it.
            var changed = topic.Changed;
            if (topic.Newest is { } newest && newest.EventId > after)
            {
                return newest;
            }

            var left = patience - time.GetElapsedTime(began);
            if (left <= TimeSpan.Zero)
            {
                return null;
            }

            try
            {
                await changed.WaitAsync(left, time, cancel);
            }
            catch (TimeoutException)
            {
                return null;
            }
        }
    }

    public void Dispose()
    {
        if (!disposed)
        {
            disposed = true;
            hub.Leave(id, subject, topic);
        }
    }
}
