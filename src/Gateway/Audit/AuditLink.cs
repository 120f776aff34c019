using System.Text.Json;
using Gateway.Http;

namespace Gateway.Audit;

/// <summary>A record as a link of the chain: read from the line's two ends, not from the JSON between them.</summary>
internal sealed record AuditLink(long Sequence, AuditKind Kind, long? Intent, string Previous, string Hash)
{
    private static readonly Dictionary<string, AuditKind> Kinds = Enum.GetValues<AuditKind>().ToDictionary(kind => GatewayJson.Spell(kind), StringComparer.Ordinal);

    /// <summary>Null where the line does not begin as a record does.</summary>
    public static AuditLink? Read(ReadOnlySpan<byte> line, string previous, string hash)
    {
        try
        {
            var json = new Utf8JsonReader(line);
            return json.Read() && Number(ref json, "sequence"u8) is { } sequence && Is(ref json, "kind"u8) && json.Read() && Kinds.TryGetValue(json.GetString() ?? "", out var kind)
                ? new AuditLink(sequence, kind, Number(ref json, "intent"u8), previous, hash)
                : null;
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The sequence a line begins with.</summary>
    public static long? SequenceOf(ReadOnlySpan<byte> line) => Read(line, "", "")?.Sequence;

    private static bool Is(ref Utf8JsonReader json, ReadOnlySpan<byte> name) => json.Read() && json.TokenType is JsonTokenType.PropertyName && json.ValueTextEquals(name);

    private static long? Number(ref Utf8JsonReader json, ReadOnlySpan<byte> name) => Is(ref json, name) && json.Read() && json.TryGetInt64(out var number) ? number : null;
}
