namespace Gateway.Jobs;

/// <summary>
/// A claimed job in this process: its newest state, and the way to stop it. While it runs, sequences are given here and nowhere else.
/// </summary>
internal sealed class RunningJob(JobRecord claimed, JobHub hub) : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly CancellationTokenSource stop = new();
    private JobRecord current = claimed;
    private StopReason reason;
    private Task stopped = Task.CompletedTask;
    private bool closed;

    public JobRecord Current
    {
        get
        {
            lock (gate)
            {
                return current;
            }
        }
    }

    public StopReason Reason
    {
        get
        {
            lock (gate)
            {
                return reason;
            }
        }
    }

    /// <summary>Told to the handler when the attempt is to stop.</summary>
    public CancellationToken Stopping => stop.Token;

    /// <summary>Stops the attempt. The first reason counts.</summary>
    public void Stop(StopReason why)
    {
        lock (gate)
        {
            if (closed || reason != StopReason.None)
            {
                return;
            }

            // What the handler registered on the token runs on the pool, not in the request that cancels.
            reason = why;
            stopped = stop.CancelAsync();
        }
    }

    /// <summary>Stops it because somebody canceled it, and shows that.</summary>
    public void Cancel()
    {
        Change(job => job with { CancelRequested = true });
        Stop(StopReason.Cancel);
    }

    /// <summary>Changes what is seen of the job.</summary>
    public JobRecord Change(Func<JobRecord, JobRecord> change)
    {
        lock (gate)
        {
            if (!closed)
            {
                current = change(current) with { Sequence = current.Sequence + 1 };
                hub.Publish(current);
            }

            return current;
        }
    }

    /// <summary>The last state, to be told once it is stored. No change comes after.</summary>
    public JobRecord Close(Func<JobRecord, JobRecord> change)
    {
        lock (gate)
        {
            closed = true;
            return current = change(current) with { Sequence = current.Sequence + 1 };
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task ended;
        lock (gate)
        {
            closed = true;
            ended = stopped;
        }

        await ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
    }
}
