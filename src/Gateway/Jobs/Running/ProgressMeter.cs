namespace Gateway.Jobs;

/// <summary>Turns what an attempt reports into figures. Called by one reporter at a time, at most a few times a second.</summary>
internal sealed class ProgressMeter(JobProgress progress, TimeProvider time)
{
    /// <summary>The rate is that of the last seconds.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);

    private readonly Queue<(long Timestamp, long Bytes)> samples = new();
    private ProgressView last = new(JobPhase.Resolving, 0, 0, 0, 0, null, []);

    /// <summary>Reads the figures. No count and no percentage is below the one before.</summary>
    public ProgressView Read()
    {
        var phase = progress.Phase;
        var items = progress.Items;
        var views = items.Select(View).ToArray();
        var done = views.Sum(item => item.BytesDone);
        var total = views.Sum(item => item.BytesTotal);
        var rate = Rate(items);
        last = new ProgressView(
            phase,
            Math.Max(last.BytesDone, done),
            Math.Max(last.BytesTotal, total),
            Math.Max(last.Percent, Percent(phase, items)),
            rate,
            rate > 0 && total > done ? (total - done + rate - 1) / rate : null,
            views);
        return last;
    }

    /// <summary>The figures of a job that has succeeded: whatever it was about is there.</summary>
    public ProgressView Complete()
    {
        Read();
        var items = last.Items.Select(item => item with
        {
            BytesDone = item.BytesTotal,
            State = item.State == ItemState.Exists ? item.State : ItemState.Done,
        });
        return last with { BytesDone = last.BytesTotal, Percent = 100, BytesPerSecond = 0, EtaSeconds = null, Items = items.ToArray() };
    }

    private static ProgressItemView View(ProgressItem item)
    {
        var state = item.State;
        return new ProgressItemView(item.Digest, item.MediaType, state, IsHere(state) ? item.BytesTotal : item.BytesDone, item.BytesTotal);
    }

    private static bool IsHere(ItemState state) => state is ItemState.Downloaded or ItemState.Unpacking or ItemState.Done or ItemState.Exists;

    /// <summary>While the items are still being found out, their share says nothing.</summary>
    private static int Percent(JobPhase phase, IReadOnlyList<ProgressItem> items)
    {
        double work = 0;
        double done = 0;
        foreach (var item in items)
        {
            var state = item.State;
            work += item.BytesTotal * (item.Unpacks ? 2.0 : 1.0);
            done += IsHere(state) ? item.BytesTotal : item.BytesDone;
            done += item.Unpacks && state is (ItemState.Done or ItemState.Exists) ? item.BytesTotal : 0;
        }

        return phase == JobPhase.Resolving || work <= 0 ? 0 : Math.Min(99, (int)(100 * done / work));
    }

    private long Rate(IReadOnlyList<ProgressItem> items)
    {
        var now = time.GetTimestamp();
        samples.Enqueue((now, Moved(items)));
        while (samples.Count > 2 && time.GetElapsedTime(samples.Peek().Timestamp, now) > Window)
        {
            samples.Dequeue();
        }

        var (began, before) = samples.Peek();
        var seconds = time.GetElapsedTime(began, now).TotalSeconds;
        return seconds <= 0 ? 0 : (long)Math.Max(0, (samples.Last().Bytes - before) / seconds);
    }

    /// <summary>Bytes that came over the wire in this attempt: what was here already is not counted as speed.</summary>
    private static long Moved(IReadOnlyList<ProgressItem> items) =>
        items.Where(item => item.State != ItemState.Exists).Sum(item => Math.Max(0, item.BytesDone - item.ResumedFrom));
}
