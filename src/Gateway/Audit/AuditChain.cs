namespace Gateway.Audit;

/// <summary>Follows records from one to the next, and keeps the intents that have no result yet.</summary>
internal sealed class AuditChain
{
    /// <summary>What stands for the hash before the first record.</summary>
    public static readonly string Origin = new('0', AuditLine.HashLength);

    /// <summary>Ends of jobs that are kept in mind, the newest.</summary>
    private const int MostEnds = 10_000;

    private readonly SortedDictionary<long, byte[]> open = [];
    private readonly Queue<byte[]> ends = new();
    private byte[] last = [];

    /// <summary>Of the last record; 0 before the first.</summary>
    public long Sequence { get; private set; }

    /// <summary>Of the last record.</summary>
    public string Hash { get; private set; } = Origin;

    public long Records { get; private set; }

    /// <summary>Intents without a result, oldest first.</summary>
    public IReadOnlyCollection<byte[]> Open => open.Values;

    /// <summary>The last records of jobs' ends, oldest first.</summary>
    public IReadOnlyCollection<byte[]> Ends => ends;

    /// <summary>When the last record was made; null before the first.</summary>
    public DateTimeOffset? LastTime => last.Length is 0 ? null : AuditLine.Read(last).Time;

    /// <summary>Goes on with a line; tells what is wrong with it, null where nothing is.</summary>
    public string? Follow(ReadOnlySpan<byte> line)
    {
        if (AuditLine.Link(line) is not { } link)
        {
            return "it is not as it was written";
        }

        // Older files go when there are too many, so the first one that is left begins in the midst of the chain, and says so.
        var isFirst = Records is 0 && (link.Kind is AuditKind.Continued || link.Sequence is not 1);
        if (isFirst ? link.Kind is not AuditKind.Continued : link.Sequence != Sequence + 1 || !string.Equals(link.Previous, Hash, StringComparison.Ordinal))
        {
            return $"it does not follow the record before: no. {link.Sequence} after no. {Sequence}";
        }

        (Sequence, Hash, Records) = (link.Sequence, link.Hash, Records + 1);
        Keep(link, last = line.ToArray());
        return null;
    }

    private void Keep(AuditLink link, byte[] line)
    {
        if (link.Kind is AuditKind.Intent)
        {
            open[link.Sequence] = line;
        }
        else if (link.Intent is { } settled)
        {
            open.Remove(settled);
        }
        else if (link.Kind is AuditKind.End)
        {
            ends.Enqueue(line);
            if (ends.Count > MostEnds)
            {
                ends.Dequeue();
            }
        }
    }
}
