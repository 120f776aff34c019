using System.Collections.Concurrent;
using System.Text;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.TestKit;

/// <summary>A span as it was exported.</summary>
public sealed record ReceivedSpan(string Service, string Name, string TraceId, string SpanId, string ParentId);

/// <summary>A small OTLP/HTTP receiver of traces.</summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication app;

    private OtlpReceiver(WebApplication app) => this.app = app;

    public ConcurrentQueue<ReceivedSpan> Spans { get; } = new();

    /// <summary>Everything received, as text: secrets are looked for in it.</summary>
    public ConcurrentQueue<string> Raw { get; } = new();

    public string Url => app.Urls.First();

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var receiver = new OtlpReceiver(builder.Build());
        receiver.app.MapPost("/v1/{signal}", receiver.ReceiveAsync);
        await receiver.app.StartAsync();
        return receiver;
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private async Task ReceiveAsync(string signal, HttpContext http)
    {
        using var bytes = new MemoryStream();
        await http.Request.Body.CopyToAsync(bytes);
        Raw.Enqueue(Encoding.Latin1.GetString(bytes.ToArray()));
        if (signal is "traces")
        {
            // ExportTraceServiceRequest.resource_spans = 1
            Each(bytes.ToArray(), (field, value) =>
            {
                if (field is 1)
                {
                    ReadResourceSpans(value);
                }
            });
        }

        http.Response.ContentType = "application/x-protobuf";
    }

    // ResourceSpans: resource = 1, scope_spans = 2; ScopeSpans: spans = 2.
    private void ReadResourceSpans(byte[] resourceSpans)
    {
        var service = "";
        Each(resourceSpans, (field, value) =>
        {
            if (field is 1)
            {
                // The value of the attribute follows its name.
                var text = Encoding.UTF8.GetString(value);
                var at = text.IndexOf("service.name", StringComparison.Ordinal);
                service = at < 0 ? "" : new string(text[(at + 12)..].SkipWhile(c => !char.IsAsciiLetter(c)).TakeWhile(c => char.IsAsciiLetterOrDigit(c) || c is '-').ToArray());
            }
            else if (field is 2)
            {
                Each(value, (inner, span) =>
                {
                    if (inner is 2)
                    {
                        ReadSpan(service, span);
                    }
                });
            }
        });
    }

    // Span: trace_id = 1, span_id = 2, parent_span_id = 4, name = 5.
    private void ReadSpan(string service, byte[] span)
    {
        var fields = new Dictionary<int, byte[]>();
        Each(span, (field, value) => fields.TryAdd(field, value));
        Spans.Enqueue(new ReceivedSpan(service, Encoding.UTF8.GetString(fields[5]), Hex(1), Hex(2), Hex(4)));

        string Hex(int field) => Convert.ToHexStringLower(fields.GetValueOrDefault(field, []));
    }

    private static void Each(byte[] message, Action<int, byte[]> lengthDelimited)
    {
        var input = new CodedInputStream(message);
        for (var tag = input.ReadTag(); tag is not 0; tag = input.ReadTag())
        {
            if (WireFormat.GetTagWireType(tag) is WireFormat.WireType.LengthDelimited)
            {
                lengthDelimited(WireFormat.GetTagFieldNumber(tag), input.ReadBytes().ToByteArray());
            }
            else
            {
                input.SkipLastField();
            }
        }
    }
}
