using Gateway.Http;

namespace Gateway.Audit;

/// <summary>Hands each record that is on the disk to the log, category <c>Gateway.Audit</c>: so it goes to standard output, and over OTLP where that is set up.</summary>
internal sealed class AuditExport(ILoggerFactory logs)
{
    public const string Category = "Gateway.Audit";

    private static readonly EventId Recorded = new(1, "AuditRecord");

    private readonly ILogger log = logs.CreateLogger(Category);

    public void Tell(AuditRecord record)
    {
        if (log.IsEnabled(LogLevel.Information))
        {
            log.Log(LogLevel.Information, Recorded, Fields(record), null, (_, _) =>
                $"Audit {record.Sequence}: {GatewayJson.Spell(record.Kind)} of {record.Operation ?? record.JobKind} by {record.Subject}");
        }
    }

    // Its last hash, kept elsewhere, is what an attacker who can write the file cannot change.
    private static List<KeyValuePair<string, object?>> Fields(AuditRecord record) =>
    [
        .. new (string Name, object? Value)[]
        {
            ("sequence", record.Sequence), ("kind", GatewayJson.Spell(record.Kind)), ("intent", record.Intent), ("time", record.Time), ("request", record.Request),
            ("subject", record.Subject), ("from", record.From), ("operation", record.Operation), ("method", record.Method), ("path", record.Path),
            ("namespace", record.Namespace), ("job", record.Job), ("jobKind", record.JobKind), ("state", record.State), ("traceId", record.TraceId),
            ("status", record.Status), ("code", record.Code), ("previous", record.Previous), ("hash", record.Hash),
        }.Where(field => field.Value is not null).Select(field => KeyValuePair.Create(field.Name, field.Value)),
    ];
}
