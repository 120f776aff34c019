namespace Gateway.Audit;

/// <summary>Where a chain is broken first.</summary>
/// <param name="Line">From 1.</param>
internal sealed record AuditFault(string File, long Line, string Reason)
{
    public override string ToString() => $"{File}, line {Line}: {Reason}";
}

/// <summary>Follows the chain through files. A last line without an end is left out: it is being written, or a crash has cut it.</summary>
internal static class AuditCheck
{
    public static AuditFault? Follow(AuditChain chain, IEnumerable<string> oldestFirst) =>
        oldestFirst.Select(file => Follow(chain, file)).FirstOrDefault(fault => fault is not null);

    private static AuditFault? Follow(AuditChain chain, string path)
    {
        using var file = AuditLines.Open(path);
        long number = 0;
        foreach (var line in AuditLines.OldestFirst(file, AuditLines.WholeLength(file)))
        {
            number++;
            if (chain.Follow(line.Span) is { } reason)
            {
                return new AuditFault(path, number, reason);
            }
        }

        return null;
    }
}
