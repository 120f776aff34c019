namespace Gateway.Jobs;

/// <summary>A job as it is stored, and as the running attempt publishes it. Never changed, only replaced.</summary>
internal sealed record JobRecord
{
    public required string Id { get; init; }

    public required string Kind { get; init; }

    public required string Namespace { get; init; }

    /// <summary>Who started it.</summary>
    public required string Subject { get; init; }

    /// <summary>JSON, without credentials.</summary>
    public required string Request { get; init; }

    public string? WorkKey { get; init; }

    public JobState State { get; init; }

    public bool CancelRequested { get; init; }

    /// <summary>Times it was claimed; one that a shutdown interrupted is not counted.</summary>
    public int Attempt { get; init; }

    /// <summary>Attempts that failed in a way that may pass; these are held against <see cref="JobOptions.MaxAttempts"/>.</summary>
    public int Failures { get; init; }

    /// <summary>Rises with each change of owner. A write with an older one touches nothing.</summary>
    public long Epoch { get; init; }

    /// <summary>Rises by one with each change anyone can see.</summary>
    public long Sequence { get; init; } = 1;

    /// <summary>The id of this state's event, and its entity tag.</summary>
    public JobEventId EventId => new(Epoch, Sequence);

    public DateTimeOffset? NextAttemptAt { get; init; }

    /// <summary>When that was decided: at a time before it the clock was set back, and the job is due.</summary>
    public DateTimeOffset? WaitsSince { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Null while it has not begun. Null in a claimed one: it waited too long, and is only to be ended.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Limit for all attempts together, from the first one's start.</summary>
    public required TimeSpan Timeout { get; init; }

    public DateTimeOffset? Deadline => StartedAt + Timeout;

    /// <summary>JSON.</summary>
    public string? Result { get; init; }

    public JobError? Error { get; init; }

    public ProgressView? Progress { get; init; }

    /// <summary>The sealed credentials; null where there are none, and after the end.</summary>
    public byte[]? Secret { get; init; }

    /// <summary>W3C trace context of the request that started it.</summary>
    public required string TraceParent { get; init; }

    public string? TraceState { get; init; }

    /// <summary>Whether something may be left that clean-up could not remove yet.</summary>
    public bool CleanUpPending { get; init; }
}
