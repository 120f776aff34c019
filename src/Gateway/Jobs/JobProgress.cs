using System.Text.Json.Serialization;

namespace Gateway.Jobs;

/// <summary>States of an item, as the contract spells them.</summary>
[JsonConverter(typeof(WireEnum<ItemState>))]
internal enum ItemState
{
    Waiting,
    Downloading,
    Downloaded,
    Unpacking,
    Done,
    Exists,
    Uploading,
}

/// <summary>Phases of a job, as the contract spells them.</summary>
[JsonConverter(typeof(WireEnum<JobPhase>))]
internal enum JobPhase
{
    Resolving,
    Downloading,
    Unpacking,
    Uploading,
    Finalizing,
}

/// <summary>What one attempt reports while it runs. Thread-safe and lock-light: the hot path adds bytes to a counter.</summary>
internal sealed class JobProgress
{
    private readonly Lock gate = new();
    private readonly List<ProgressItem> items = [];
    private int phase = (int)JobPhase.Resolving;

    /// <summary>Phases only move on: parallel layers report in any order.</summary>
    public void Enter(JobPhase next)
    {
        lock (gate)
        {
            phase = Math.Max(phase, (int)next);
        }
    }

    /// <summary>Adds an item; bytesTotal is its size.</summary>
    /// <param name="unpacks">Whether the item is also unpacked, which then counts as half its work.</param>
    public ProgressItem Add(string digest, string mediaType, long bytesTotal, bool unpacks)
    {
        var item = new ProgressItem(digest, mediaType, bytesTotal, unpacks);
        lock (gate)
        {
            items.Add(item);
        }

        return item;
    }

    public JobPhase Phase => (JobPhase)Volatile.Read(ref phase);

    public IReadOnlyList<ProgressItem> Items
    {
        get
        {
            lock (gate)
            {
                return items.ToArray();
            }
        }
    }
}

/// <summary>The progress of one blob.</summary>
internal sealed class ProgressItem(string digest, string mediaType, long bytesTotal, bool unpacks)
{
    private long bytesDone;
    private long resumedFrom;
    private int state = (int)ItemState.Waiting;

    public string Digest { get; } = digest;

    public string MediaType { get; } = mediaType;

    public long BytesTotal { get; } = bytesTotal;

    public bool Unpacks { get; } = unpacks;

    public long BytesDone => Interlocked.Read(ref bytesDone);

    /// <summary>Bytes an earlier attempt had left; they count as done, but not as speed.</summary>
    public long ResumedFrom => Interlocked.Read(ref resumedFrom);

    public ItemState State
    {
        get => (ItemState)Volatile.Read(ref state);
        set => Volatile.Write(ref state, (int)value);
    }

    /// <summary>Goes on at an offset that an earlier attempt had reached. To be called before the first new byte.</summary>
    public void Resume(long offset)
    {
        Interlocked.Exchange(ref resumedFrom, Math.Min(offset, BytesTotal));
        Reached(offset);
    }

    /// <summary>Sets the bytes that are safely here; a smaller figure than before is ignored, so that progress never goes backwards.</summary>
    public void Reached(long bytes)
    {
        var seen = Interlocked.Read(ref bytesDone);
        while (bytes > seen)
        {
            var before = Interlocked.CompareExchange(ref bytesDone, Math.Min(bytes, BytesTotal), seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }
}
