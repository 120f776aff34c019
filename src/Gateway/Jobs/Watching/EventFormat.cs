namespace Gateway.Jobs;

/// <summary>How a stream of a job's states is written, as UTF-8.</summary>
internal interface IEventFormat
{
    string ContentType { get; }

    /// <summary>One state of the job; the last one is final.</summary>
    ReadOnlyMemory<byte> Event(JobRecord job);

    /// <summary>Tells who comes back that events after the last one it has seen cannot be had any more.</summary>
    ReadOnlyMemory<byte> Gap(JobEventId after, JobEventId next) => default;

    /// <summary>What keeps a quiet connection open, and changes nothing.</summary>
    ReadOnlyMemory<byte> Heartbeat(JobRecord job);

    /// <summary>The last words of a stream that ends before the job.</summary>
    ReadOnlyMemory<byte> Goodbye(string reason) => default;
}

/// <summary>Between which two events others are missing.</summary>
internal sealed record EventGap(string After, string Next)
{
    public static EventGap Between(JobEventId after, JobEventId next) => new(after.ToString(), next.ToString());
}
