using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.TestKit;

/// <summary>A small OTLP/HTTP receiver of traces, and of metrics' and logs' names.</summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication app;

    private OtlpReceiver(WebApplication app) => this.app = app;

    public ConcurrentQueue<ReceivedSpan> Spans { get; } = new();

    /// <summary>Names of metrics, as often as they came.</summary>
    public ConcurrentQueue<string> Metrics { get; } = new();

    /// <summary>Bodies of log records.</summary>
    public ConcurrentQueue<string> Logs { get; } = new();

    /// <summary>Everything received, as text.</summary>
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

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        Canary.ThrowIfAny([.. Raw.SelectMany(export => Canary.LeaksOf("what was exported", export))]);
    }

    private async Task ReceiveAsync(string signal, HttpContext http)
    {
        using var bytes = new MemoryStream();
        await http.Request.Body.CopyToAsync(bytes);
        Raw.Enqueue(Encoding.Latin1.GetString(bytes.ToArray()));
        foreach (var resource in OtlpMessage.Fields(bytes.ToArray(), 1))
        {
            switch (signal)
            {
                case "traces":
                    OtlpMessage.Spans(resource).ToList().ForEach(Spans.Enqueue);
                    break;
                case "metrics":
                    OtlpMessage.MetricNames(resource).ToList().ForEach(Metrics.Enqueue);
                    break;
                case "logs":
                    OtlpMessage.LogBodies(resource).ToList().ForEach(Logs.Enqueue);
                    break;
            }
        }

        http.Response.ContentType = "application/x-protobuf";
    }
}
