using System.Diagnostics.Metrics;

namespace Gateway.Tests.Telemetry;

public sealed class MetricsEndpointTests
{
    [Fact]
    public async Task Metrics_show_the_request_histogram_by_route()
    {
        await using var host = await TelemetryHost.StartAsync();
        await host.SpanOfAsync("/hello/you");

        var text = await host.Client.GetStringAsync("/metrics");

        Assert.Contains("http_server_request_duration_seconds_bucket", text, StringComparison.Ordinal);
        Assert.Contains("http_route=\"/hello/{**name}\"", text, StringComparison.Ordinal);
        Assert.Contains("kestrel_active_connections", text, StringComparison.Ordinal);
        Assert.Contains("dotnet_gc_", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Gateway.Jobs")]
    [InlineData("Gateway.Containerd")]
    [InlineData("Gateway.Oci.Registry")]
    public async Task Metrics_show_each_meter_of_the_gateway(string name)
    {
        await using var host = await TelemetryHost.StartAsync();
        using var meter = new Meter(name);
        meter.CreateCounter<long>("gateway.probe.bytes", "By").Add(7);

        var text = await host.Client.GetStringAsync("/metrics");

        Assert.Matches(@"gateway_probe_bytes_total\{[^}]*\} 7", text);
    }

    [Fact]
    public async Task Scrapes_do_not_count_themselves()
    {
        await using var host = await TelemetryHost.StartAsync();
        await host.Client.GetStringAsync("/metrics");
        await host.SpanOfAsync("/hello/you");

        // The exporter may answer the second scrape from its cache of a few hundred milliseconds.
        string[] requests;
        do
        {
            var text = await host.Client.GetStringAsync("/metrics");
            requests = text.Split('\n').Where(line => line.StartsWith("http_server_request_duration", StringComparison.Ordinal)).ToArray();
        }
        while (requests.Length is 0);

        Assert.DoesNotContain(requests, line => line.Contains("http_route=\"/metrics\"", StringComparison.Ordinal));
    }
}
