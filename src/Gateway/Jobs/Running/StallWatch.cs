namespace Gateway.Jobs;

/// <summary>
/// Tells when an attempt that moves bytes has moved none for too long. A layer that is being unpacked counts as progress: containerd does not say how far
/// that is. A registry that is silent is found sooner, by its own limit; this is for a daemon that takes no byte and does not say so.
/// </summary>
internal sealed class StallWatch(TimeSpan limit, TimeProvider time)
{
    private long changed = time.GetTimestamp();
    private (JobPhase Phase, int Items, long Bytes, int States) last;

    public bool IsStalled(ProgressView progress)
    {
        var states = progress.Items.Aggregate(0, (hash, item) => HashCode.Combine(hash, item.State));
        var now = (progress.Phase, progress.Items.Count, progress.Items.Sum(item => item.BytesDone), states);
        var isAwaited = progress.Items.Any(item => item.State is ItemState.Downloading or ItemState.Uploading);
        if (now != last || !isAwaited || progress.Items.Any(item => item.State is ItemState.Unpacking))
        {
            (last, changed) = (now, time.GetTimestamp());
        }

        return time.GetElapsedTime(changed) >= limit;
    }
}
