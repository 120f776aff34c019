using System.Text;
using Google.Protobuf;

namespace Gateway.TestKit;

/// <summary>What a span may be, by the numbers of <c>opentelemetry.proto.trace.v1.Span.SpanKind</c>.</summary>
public enum SpanKind
{
    Unspecified,
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

/// <summary>A span as it was exported. Links are trace ids.</summary>
public sealed record ReceivedSpan(
    string Service,
    string Name,
    string TraceId,
    string SpanId,
    string ParentId,
    SpanKind Kind,
    IReadOnlyList<string> Links,
    IReadOnlyDictionary<string, string> Attributes);

/// <summary>Reads OTLP's protobuf by field numbers (opentelemetry-proto 1.x), as much of it as tests ask for.</summary>
internal static class OtlpMessage
{
    /// <summary>ResourceSpans: resource = 1, scope_spans = 2; ScopeSpans: spans = 2.</summary>
    public static IEnumerable<ReceivedSpan> Spans(byte[] resourceSpans)
    {
        // Resource: attributes = 1.
        var service = Fields(resourceSpans, 1).Select(resource => Attributes(Fields(resource, 1))).FirstOrDefault()?.GetValueOrDefault("service.name") ?? "";
        return Fields(resourceSpans, 2).SelectMany(scope => Fields(scope, 2)).Select(span => Span(service, span));
    }

    /// <summary>ResourceMetrics: scope_metrics = 2; ScopeMetrics: metrics = 2; Metric: name = 1.</summary>
    public static IEnumerable<string> MetricNames(byte[] resourceMetrics) =>
        Fields(resourceMetrics, 2).SelectMany(scope => Fields(scope, 2)).Select(metric => Text(metric, 1));

    /// <summary>ResourceLogs: scope_logs = 2; ScopeLogs: log_records = 2; LogRecord: body = 5.</summary>
    public static IEnumerable<string> LogBodies(byte[] resourceLogs) =>
        Fields(resourceLogs, 2).SelectMany(scope => Fields(scope, 2)).SelectMany(log => Fields(log, 5)).Select(Value);

    /// <summary>The length-delimited fields of the number, in their order.</summary>
    public static IEnumerable<byte[]> Fields(byte[] message, int number)
    {
        var input = new CodedInputStream(message);
        for (var tag = input.ReadTag(); tag is not 0; tag = input.ReadTag())
        {
            if (WireFormat.GetTagWireType(tag) is not WireFormat.WireType.LengthDelimited)
            {
                input.SkipLastField();
                continue;
            }

            var value = input.ReadBytes().ToByteArray();
            if (WireFormat.GetTagFieldNumber(tag) == number)
            {
                yield return value;
            }
        }
    }

    // Span: trace_id = 1, span_id = 2, parent_span_id = 4, name = 5, kind = 6, attributes = 9, links = 13; Link: trace_id = 1.
    private static ReceivedSpan Span(string service, byte[] span) => new(
        service,
        Text(span, 5),
        Hex(span, 1),
        Hex(span, 2),
        Hex(span, 4),
        (SpanKind)Number(span, 6),
        [.. Fields(span, 13).Select(link => Hex(link, 1))],
        Attributes(Fields(span, 9)));

    // KeyValue: key = 1, value = 2.
    private static Dictionary<string, string> Attributes(IEnumerable<byte[]> pairs)
    {
        var attributes = new Dictionary<string, string>();
        foreach (var pair in pairs)
        {
            attributes[Text(pair, 1)] = Fields(pair, 2).Select(Value).FirstOrDefault() ?? "";
        }

        return attributes;
    }

    // AnyValue: string_value = 1, bool_value = 2, int_value = 3, and others, which no test asks for.
    private static string Value(byte[] value)
    {
        var input = new CodedInputStream(value);
        var tag = input.ReadTag();
        return tag is 0 ? "" : WireFormat.GetTagFieldNumber(tag) switch
        {
            1 => input.ReadString(),
            2 => input.ReadBool() ? "true" : "false",
            3 => $"{input.ReadInt64()}",
            _ => "",
        };
    }

    private static long Number(byte[] message, int number)
    {
        var input = new CodedInputStream(message);
        for (var tag = input.ReadTag(); tag is not 0; tag = input.ReadTag())
        {
            if (WireFormat.GetTagFieldNumber(tag) == number && WireFormat.GetTagWireType(tag) is WireFormat.WireType.Varint)
            {
                return input.ReadInt64();
            }

            input.SkipLastField();
        }

        return 0;
    }

    private static string Text(byte[] message, int number) => Encoding.UTF8.GetString(Fields(message, number).FirstOrDefault([]));

    private static string Hex(byte[] message, int number) => Convert.ToHexStringLower(Fields(message, number).FirstOrDefault([]));
}
