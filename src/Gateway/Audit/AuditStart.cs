using Gateway.Http;

namespace Gateway.Audit;

/// <summary>What is found at the start: where the chain ends, and what the last process left undone.</summary>
/// <param name="Length">Bytes of the file up to its last whole line.</param>
/// <param name="TornBytes">Bytes behind it, which a crash has left; they are taken away.</param>
internal sealed record AuditStart(AuditChain Chain, long Length, long TornBytes)
{
    /// <summary>Files checked at the start: the one that is written and the newest that was put aside. The command verify-audit checks all.</summary>
    private const int Checked = 2;

    /// <summary>Keeps other processes from the file for as long as it is open.</summary>
    public static FileStream TakeLock(string path)
    {
        try
        {
            PrivateFile.EnsureFolder(Path.GetDirectoryName(path)!);
            return PrivateFile.Open($"{path}.lock", FileMode.OpenOrCreate, FileShare.None);
        }
        catch (IOException taken) when (File.Exists($"{path}.lock"))
        {
            throw new AuditException($"the audit {path} is in use by another gateway: give each its own Audit:File", taken);
        }
    }

    /// <summary>Reads what there is, or refuses with the reason.</summary>
    public static AuditStart Read(string path)
    {
        var files = AuditFiles.OldestFirst(path).TakeLast(Checked).ToArray();
        if (files.Select(file => PrivateFile.FindOpening(file)).FirstOrDefault(opening => opening is not null) is { } open)
        {
            throw new AuditException($"the audit {open}");
        }

        var chain = new AuditChain();
        if (AuditCheck.Follow(chain, files) is { } fault)
        {
            throw new AuditException(
                $"the audit is broken ({fault}): it was changed, or its disk has damaged it. Look at it with the command verify-audit; "
                + $"to begin a new chain, move {path} and all {path}.* away together and keep them: they are evidence");
        }

        if (!File.Exists(path))
        {
            return new AuditStart(chain, 0, 0);
        }

        using var file = AuditLines.Open(path);
        var length = AuditLines.WholeLength(file);
        return new AuditStart(chain, length, RandomAccess.GetLength(file) - length);
    }

    /// <summary>What has to be recorded of it.</summary>
    public IEnumerable<AuditRecord> Findings()
    {
        if (TornBytes > 0)
        {
            yield return new AuditRecord { Kind = AuditKind.Recovered, Code = "torn_line" };
        }

        foreach (var intent in Chain.Open)
        {
            var left = AuditLine.Read(intent);
            yield return left with { Kind = AuditKind.Interrupted, Intent = left.Sequence };
        }
    }
}
