using System.Collections.Concurrent;
using System.Diagnostics;
using Gateway.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace Gateway.Tests.Telemetry;

/// <summary>A small application with the gateway's telemetry, on a free port, that keeps every exported span.</summary>
internal sealed class TelemetryHost : IAsyncDisposable
{
    private readonly WebApplication app;

    private TelemetryHost(WebApplication app, ConcurrentQueue<Activity> spans)
    {
        this.app = app;
        Spans = spans;
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Client = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null }) { BaseAddress = Address };
    }

    public ConcurrentQueue<Activity> Spans { get; }

    public Uri Address { get; }

    public HttpClient Client { get; }

    public IServiceProvider Services => app.Services;

    public static async Task<TelemetryHost> StartAsync(Action<WebApplication>? map = null, params (string Name, string Value)[] variables)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Configuration.AddInMemoryCollection(variables.ToDictionary(v => v.Name, v => (string?)v.Value, StringComparer.Ordinal));
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        builder.AddGatewayTelemetry();
        var spans = new ConcurrentQueue<Activity>();
        builder.Services.ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddProcessor(new SimpleActivityExportProcessor(new Kept(spans))));

        var made = builder.Build();
        made.UseRouting();
        made.MapGet("/hello/{**name}", (string? name) => Results.Text($"hello {name}"));
        made.MapGet("/healthz/live", () => Results.Ok());
        made.MapGatewayMetrics();
        map?.Invoke(made);
        await made.StartAsync();
        return new TelemetryHost(made, spans);
    }

    /// <summary>Sends a GET and waits for the server's span, which ends a moment after the answer arrived.</summary>
    public async Task<Activity> SpanOfAsync(string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await Client.SendAsync(request);
        return await FirstAsync(IsServerSpan);
    }

    /// <summary>Every provider of the process hears of every span; the port tells whose a server span is.</summary>
    public bool IsServerSpan(Activity span) => span.Kind is ActivityKind.Server && span.GetTagItem("server.port") is int port && port == Address.Port;

    public async Task<Activity> FirstAsync(Func<Activity, bool> wanted)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            if (Spans.FirstOrDefault(wanted) is { } span)
            {
                return span;
            }

            await Task.Delay(5, limit.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.DisposeAsync();
    }

    private sealed class Kept(ConcurrentQueue<Activity> spans) : BaseExporter<Activity>
    {
        public override ExportResult Export(in Batch<Activity> batch)
        {
            foreach (var span in batch)
            {
                spans.Enqueue(span);
            }

            return ExportResult.Success;
        }
    }
}
