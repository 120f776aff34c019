using System.Text;
using System.Threading.Channels;
using Gateway.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Trace;

namespace Gateway.Tests.Telemetry;

public sealed class OtlpExportTests
{
    [Fact]
    public void Nothing_is_sent_without_an_endpoint()
    {
        var export = Export();

        Assert.All(Enum.GetValues<OtlpSignal>(), signal => Assert.False(export.Sends(signal)));
    }

    [Fact]
    public void General_endpoint_sends_every_signal() =>
        Assert.All(Enum.GetValues<OtlpSignal>(), signal => Assert.True(Export(("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317")).Sends(signal)));

    [Fact]
    public void Signals_endpoint_sends_that_signal_alone()
    {
        var export = Export(("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://127.0.0.1:4317"));

        Assert.Equal([OtlpSignal.Metrics], Enum.GetValues<OtlpSignal>().Where(export.Sends));
    }

    [Theory]
    [InlineData("none", false)]
    [InlineData("console", false)]
    [InlineData("console, otlp", true)]
    [InlineData("", true)]
    public void Exporter_variable_can_leave_a_signal_out(string exporters, bool sent)
    {
        var export = Export(("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317"), ("OTEL_LOGS_EXPORTER", exporters));

        Assert.Equal(sent, export.Sends(OtlpSignal.Logs));
        Assert.True(export.Sends(OtlpSignal.Traces));
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "", "/v1/traces")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "/mine", "/mine")]
    public async Task Spans_arrive_at_the_named_endpoint_with_service_name_and_headers(string variable, string suffix, string expectedPath)
    {
        await using var collector = await Collector.StartAsync();
        await using var host = await TelemetryHost.StartAsync(
            null,
            (variable, collector.Address + suffix),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-team=blue"),
            ("OTEL_METRICS_EXPORTER", "none"),
            ("OTEL_LOGS_EXPORTER", "none"));

        await host.SpanOfAsync("/hello/otlp");
        host.Services.GetRequiredService<TracerProvider>().ForceFlush(10_000);

        var received = await collector.NextAsync();
        Assert.Equal(expectedPath, received.Path);
        Assert.Equal("blue", received.Team);
        Assert.Contains("/hello/{**name}", received.Body, StringComparison.Ordinal);
        Assert.Contains("gateway", received.Body, StringComparison.Ordinal);
        Assert.Contains("service.version", received.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Service_name_variable_wins_over_the_default()
    {
        await using var collector = await Collector.StartAsync();
        await using var host = await TelemetryHost.StartAsync(
            null,
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", collector.Address),
            ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf"),
            ("OTEL_SERVICE_NAME", "node-seven"));

        await host.SpanOfAsync("/hello/otlp");
        host.Services.GetRequiredService<TracerProvider>().ForceFlush(10_000);

        Assert.Contains("node-seven", (await collector.NextAsync()).Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("true", false)]
    [InlineData("TRUE", false)]
    [InlineData("1", true)]
    public async Task Disabled_sdk_records_and_serves_nothing(string value, bool works)
    {
        await using var host = await TelemetryHost.StartAsync(null, ("OTEL_SDK_DISABLED", value));

        using var metrics = await host.Client.GetAsync("/metrics");

        Assert.Equal(works, metrics.IsSuccessStatusCode);
        Assert.Equal(works, host.Services.GetService<TracerProvider>() is not null);
    }

    private static OtlpExport Export(params (string Name, string Value)[] variables) => new(
        new ConfigurationBuilder().AddInMemoryCollection(variables.ToDictionary(v => v.Name, v => (string?)v.Value, StringComparer.Ordinal)).Build());

    private sealed record Received(string Path, string? Team, string Body);

    private sealed class Collector(WebApplication app, Channel<Received> received) : IAsyncDisposable
    {
        public string Address { get; } = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

        public static async Task<Collector> StartAsync()
        {
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
            var app = builder.Build();
            var received = Channel.CreateUnbounded<Received>();
            app.Run(async http =>
            {
                using var reader = new StreamReader(http.Request.Body, Encoding.Latin1);
                received.Writer.TryWrite(new Received(http.Request.Path, http.Request.Headers["x-team"], await reader.ReadToEndAsync()));
                http.Response.ContentType = "application/x-protobuf";
            });
            await app.StartAsync();
            return new Collector(app, received);
        }

        public async Task<Received> NextAsync()
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            return await received.Reader.ReadAsync(limit.Token);
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
