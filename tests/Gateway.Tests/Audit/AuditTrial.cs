using Gateway.Audit;
using Gateway.Tests.Jobs;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Audit;

/// <summary>An audit in a folder of its own, and what stands in its files.</summary>
internal sealed class AuditTrial : IDisposable
{
    public TempFolder Folder { get; } = new();

    public LogLines Logs { get; } = new();

    public string Path => Folder.File("audit.jsonl");

    public AuditOptions Options { get; init; } = new();

    /// <summary>Whole lines of all files, oldest first.</summary>
    public IReadOnlyList<string> Lines => [.. AuditFiles.OldestFirst(Path).SelectMany(LinesOf)];

    public IReadOnlyList<AuditRecord> Records => [.. Lines.Select(line => AuditLine.Read(System.Text.Encoding.UTF8.GetBytes(line)))];

    public static AuditRecord Intent(string subject = "key:alice", string? containerdNamespace = "team-a") =>
        new() { Kind = AuditKind.Intent, Subject = subject, Operation = "tagImage", Method = "POST", Namespace = containerdNamespace };

    public static AuditRecord ResultOf(AuditRecord intent) => intent with { Kind = AuditKind.Result, Intent = intent.Sequence, Status = 200 };

    public AuditLog Open()
    {
        using var logs = LoggerFactory.Create(builder => builder.AddProvider(Logs));
        return AuditLog.Open(Path, Options, new AuditExport(NullLoggerFactory.Instance), TimeProvider.System, logs.CreateLogger<AuditLog>());
    }

    /// <summary>Opens it, writes as many intents with results, and closes it.</summary>
    public async Task WriteAsync(int changes)
    {
        using var audit = Open();
        for (var i = 0; i < changes; i++)
        {
            await audit.RecordAsync(ResultOf(await audit.AppendAsync(Intent())));
        }
    }

    public bool IsWhole() => VerifyAuditCommand.Verify(Path).IsWhole;

    public static string[] LinesOf(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return [.. reader.ReadToEnd().Split('\n').SkipLast(1)];
    }

    public void Dispose() => Folder.Dispose();
}
