using System.Text;

namespace Gateway.Jobs;

/// <summary>
/// Progress bars for a terminal: a line per item, redrawn in place by ANSI cursor movement, and one plain last line. No line is longer than 79
/// columns, since a wrapped one would spoil the redrawing. One object
/// serves one stream.
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

    ReadOnlyMemory<byte> IEventFormat.Event(JobRecord job) => Encoding.UTF8.GetBytes(Event(job));

    ReadOnlyMemory<byte> IEventFormat.Heartbeat(JobRecord job) => Encoding.UTF8.GetBytes(Heartbeat(job));

    ReadOnlyMemory<byte> IEventFormat.Goodbye(string reason) => Encoding.UTF8.GetBytes(reason + "\n");

    /// <summary>The rest of each line is erased, and below the last all that a taller picture left: what follows begins on a clean line.</summary>
    private string Draw(JobRecord job)
    {
        var lines = Lines(job);
        var up = drawn > 0 ? $"\e[{drawn}A" : "";
        drawn = lines.Count;
        return $"{up}{string.Join("\e[K\n", lines.Select(line => Cut(line, Columns)))}\e[J\n";
    }

    private static string Cut(string text, int length) => text.Length > length ? text[..length] : text;

    private static List<string> Lines(JobRecord job)
    {
        var lines = new List<string> { Heading(job) };
        if (job.Progress is not { } progress)
        {
            return lines;
        }

        var (shown, rest) = Choose(progress.Items);
        lines.AddRange(shown.Select(ItemLine));
        if (rest.Count > 0)
        {
            lines.Add(Rest(rest));
        }

        lines.Add(TotalLine(progress));
        return lines;
    }

    private static string Heading(JobRecord job)
    {
        var attempt = job.Attempt > 1 ? $" (attempt {job.Attempt})" : "";
        var state = (job.State, job.CancelRequested) switch
        {
            (JobState.Running, true) => "canceling",
            (JobState.Running, _) => $"{job.Progress?.Phase.Spell() ?? "starting"}{attempt}",
            (JobState.Queued, _) when job.Error is not null => $"{job.Error.Code}, again at {job.NextAttemptAt:HH:mm:ss}Z",
            _ => job.State.Spell(),
        };
        return $"{Cut(JobHeadline.Of(job), Columns - 2 - state.Length)}: {state}";
    }

    /// <summary>What moves comes first, then what waits, then what is done; on screen they keep their order.</summary>
    private static (List<ProgressItemView> Shown, List<ProgressItemView> Others) Choose(IReadOnlyList<ProgressItemView> items)
    {
        var ranked = items
            .Select((item, index) => (item, index))
            .OrderBy(pair => pair.item.State switch { ItemState.Done or ItemState.Exists => 2, ItemState.Waiting => 1, _ => 0 })
            .ToList();
        var shown = ranked.Take(MaxItems).OrderBy(pair => pair.index).Select(pair => pair.item).ToList();
        return (shown, ranked.Skip(MaxItems).Select(pair => pair.item).ToList());
    }

    private static string ItemLine(ProgressItemView item)
    {
        var name = item.Digest[(item.Digest.IndexOf(':') + 1)..];
        var percent = item.BytesTotal <= 0 ? item.State is ItemState.Waiting ? 0 : 100 : (int)(100.0 * item.BytesDone / item.BytesTotal);
        return $"  {JobHeadline.Clean(Cut(name, NameWidth)),-NameWidth} {Bar(percent)} {percent,3}%  "
            + $"{ByteText.Share(item.BytesDone, item.BytesTotal),14}  {item.State.Spell()}";
    }

    private static string TotalLine(ProgressView progress)
    {
        var rate = progress.BytesPerSecond > 0 ? $"  {ByteText.Of(progress.BytesPerSecond)}/s" : "";
        var eta = progress.EtaSeconds is { } seconds ? $"  eta {ByteText.Seconds(seconds)}" : "";
        var share = ByteText.Share(progress.BytesDone, progress.BytesTotal);
        return $"  {"total",-NameWidth} {Bar(progress.Percent)} {progress.Percent,3}%  {share,14}{rate}{eta}";
    }

    private static string Rest(List<ProgressItemView> rest)
    {
        var states = rest.GroupBy(item => item.State).OrderBy(group => group.Key).Select(group => $"{group.Count()} {group.Key.Spell()}");
        return $"  and {rest.Count} more: {string.Join(", ", states)}";
    }

    private static string Bar(int percent)
    {
        var full = BarWidth * percent / 100;
        return new string('█', full) + new string('░', BarWidth - full);
    }
}
