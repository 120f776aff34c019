using System.Globalization;
using System.Runtime.InteropServices;

namespace Gateway.Jobs;

/// <summary>
/// Names one state of a job, as <c>epoch-sequence</c>. Ids of one job are compared by epoch first: a killed gateway may have told sequences that it had
/// not stored, and the next owner gives them again, but in a later epoch.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct JobEventId(long Epoch, long Sequence) : IComparable<JobEventId>
{
    public static bool operator >(JobEventId left, JobEventId right) => left.CompareTo(right) > 0;

    public static bool operator <(JobEventId left, JobEventId right) => left.CompareTo(right) < 0;

    public static bool operator >=(JobEventId left, JobEventId right) => left.CompareTo(right) >= 0;

    public static bool operator <=(JobEventId left, JobEventId right) => left.CompareTo(right) <= 0;

    /// <summary>Reads what <see cref="ToString"/> writes, and nothing else; null: it names no state.</summary>
    public static JobEventId? Parse(string? text)
    {
        var parts = (text ?? "").Split('-');
        return parts.Length is 2 && Number(parts[0]) is { } epoch && Number(parts[1]) is { } sequence && new JobEventId(epoch, sequence) is var id
            && string.Equals(id.ToString(), text, StringComparison.Ordinal) ? id : null;
    }

    public int CompareTo(JobEventId other) => (Epoch, Sequence).CompareTo((other.Epoch, other.Sequence));

    /// <summary>
    /// Whether nothing was told between the two. An orderly change of owner is one step in both numbers; one after a kill, which may have lost what was
    /// told, is more than one in the epoch.
    /// </summary>
    public bool Follows(JobEventId earlier) => Epoch - earlier.Epoch is 0 or 1 && Sequence - earlier.Sequence is 1;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Epoch}-{Sequence}");

    private static long? Number(string digits) => long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
