using System.Text;

namespace Gateway.Jobs;

/// <summary>
/// Progress bars for a terminal: a line per item, redrawn in place by ANSI cursor movement, and one plain last line. No line is longer than 79
/// columns, since a wrapped one would spoil the redrawing.
/// </summary>
internal sealed class TerminalBars : IEventFormat
{
    private const int Columns = 79;
    private const int MaxItems = 20;
    private const int BarWidth = 18;
    private const int NameWidth = 12;

    private int drawn;

    public string ContentType => "text/plain; charset=utf-8";

    public string Event(JobRecord job)
    {
        if (!job.State.IsFinal())
        {
            return Draw(job);
        }

        // Someone who comes after the end wants the outcome, not a picture of what has been.
        var bars = drawn > 0 ? Draw(job) : "";
        return $"{bars}{JobHeadline.Outcome(job)}\n";
    }

    public string Heartbeat(JobRecord job) => Draw(job);

    public string Goodbye(JobRecord job) => "the gateway restarts; the job goes on after that\n";

    private string Draw(JobRecord job)
    {
        var text = new StringBuilder();
        if (drawn > 0)
        {
            text.Append($"\e[{drawn}A");
        }

        var lines = Lines(job);
        foreach (var line in lines)
        {
            text.Append(line.Length > Columns ? line[..Columns] : line).Append("\e[K\n");
        }

        drawn = lines.Count;
        return text.Append("\e[J").ToString();
    }

    private static List<string> Lines(JobRecord job)
    {
        var lines = new List<string> { Heading(job) };
        if (job.Progress is not { } progress)
        {
            return lines;
        }

        var shown = Shown(progress.Items);
        lines.AddRange(shown.Select(ItemLine));
        if (progress.Items.Count > shown.Count)
        {
            lines.Add(Rest(progress.Items.Except(shown)));
        }

        lines.Add(TotalLine(progress));
        return lines;
    }

    private static string Heading(JobRecord job)
    {
        var what = JobHeadline.Of(job);
        var attempt = job.Attempt > 1 ? $" (attempt {job.Attempt})" : "";
        return (job.State, job.CancelRequested) switch
        {
            (JobState.Running, true) => $"{what}: canceling",
            (JobState.Running, _) => $"{what}: {job.Progress?.Phase.Spell() ?? "starting"}{attempt}",
            (JobState.Queued, _) when job.Error is not null => $"{what}: {job.Error.Code}, trying again at {job.NextAttemptAt:HH:mm:ss}Z",
            _ => $"{what}: {job.State.Spell()}",
        };
    }

    /// <summary>What moves comes first, then what waits, then what is done; on screen they keep their order.</summary>
    private static List<ProgressItemView> Shown(IReadOnlyList<ProgressItemView> items) => items
        .Select((item, index) => (item, index))
        .OrderBy(pair => pair.item.State switch { ItemState.Done or ItemState.Exists => 2, ItemState.Waiting => 1, _ => 0 })
        .Take(MaxItems)
        .OrderBy(pair => pair.index)
        .Select(pair => pair.item)
        .ToList();

    private static string ItemLine(ProgressItemView item)
    {
        var name = item.Digest[(item.Digest.IndexOf(':') + 1)..];
        var percent = item.BytesTotal <= 0 ? item.State is ItemState.Waiting ? 0 : 100 : (int)(100.0 * item.BytesDone / item.BytesTotal);
        return $"  {JobHeadline.Clean(name.Length > NameWidth ? name[..NameWidth] : name),-NameWidth} {Bar(percent)} {percent,3}%  "
            + $"{ByteText.Share(item.BytesDone, item.BytesTotal),14}  {item.State.Spell()}";
    }

    private static string TotalLine(ProgressView progress)
    {
        var rate = progress.BytesPerSecond > 0 ? $"  {ByteText.Of(progress.BytesPerSecond)}/s" : "";
        var eta = progress.EtaSeconds is { } seconds ? $"  eta {ByteText.Seconds(seconds)}" : "";
        return $"  {"total",-NameWidth} {Bar(progress.Percent)} {progress.Percent,3}%  {ByteText.Share(progress.BytesDone, progress.BytesTotal),14}{rate}{eta}";
    }

    private static string Rest(IEnumerable<ProgressItemView> items)
    {
        var rest = items.ToList();
        var states = rest.GroupBy(item => item.State).OrderBy(group => group.Key).Select(group => $"{group.Count()} {group.Key.Spell()}");
        return $"  and {rest.Count} more: {string.Join(", ", states)}";
    }

    private static string Bar(int percent)
    {
        var full = BarWidth * percent / 100;
        return new string('█', full) + new string('░', BarWidth - full);
    }
}
