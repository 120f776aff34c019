using Gateway.TestKit;

namespace Gateway.ContainerdTests.Service;

public sealed class TraceTests
{
    [Fact]
    public async Task One_trace_leads_from_the_client_through_the_job_into_containerd()
    {
        const string traceId = "0af7651916cd43dd8448eb211c80319c";
        await using var otlp = await OtlpReceiver.StartAsync();
        await using var registry = await ScriptedRegistry.StartAsync();
        var export = new Dictionary<string, string?> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = otlp.Url, ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf", ["OTEL_BSP_SCHEDULE_DELAY"] = "200" };
        await using var node = await Node.StartAsync("2", export, export);
        var reference = registry.Add("acme/app:1", TestImage.Small(50));

        var started = await node.Api.PostAsync("/v1/namespaces/trace/images/pull", new { reference }, ("traceparent", $"00-{traceId}-b7ad6b7169203331-01"));
        var job = await node.Api.EndOfAsync((string)started.Json["id"]!);
        Assert.Equal("succeeded", (string?)job["state"]);
        Assert.Equal(traceId, (string?)job["traceId"]);

        ReceivedSpan[] Of(string service) => otlp.Spans.Where(span => span.Service == service && span.TraceId == traceId).ToArray();
        await Wait.UntilAsync(() => Of("containerd").Any(span => span.Name.EndsWith("Images/Create", StringComparison.Ordinal)) && Of("gateway").Any(span => span.Name == "job image.pull"), "both export their spans");

        var spans = Of("gateway").Concat(Of("containerd")).DistinctBy(span => span.SpanId).ToDictionary(span => span.SpanId);
        var request = Assert.Single(spans.Values, span => span.ParentId == "b7ad6b7169203331");
        var work = Assert.Single(spans.Values, span => span.Name == "job image.pull");
        Assert.Equal(request.SpanId, work.ParentId);
        Assert.Contains(spans.Values, span => span.Name.StartsWith("registry.", StringComparison.Ordinal) && LeadsTo(span, work));
        Assert.Contains(spans.Values, span => span.Service == "containerd" && span.Name.EndsWith("Diff/Apply", StringComparison.Ordinal) && LeadsTo(span, work));

        bool LeadsTo(ReceivedSpan span, ReceivedSpan ancestor)
        {
            for (var i = 0; i < 20; i++)
            {
                if (span == ancestor)
                {
                    return true;
                }

                if (!spans.TryGetValue(span.ParentId, out span!))
                {
                    return false;
                }
            }

            return false;
        }
    }

    [Fact]
    public async Task Prometheus_scrapes_the_management_port_and_only_that()
    {
        await using var node = await Node.StartAsync(Versions.Oldest);
        await using var registry = await ScriptedRegistry.StartAsync();
        Assert.Equal("succeeded", (string?)(await node.Api.PullAsync("metrics", new { reference = registry.Add("acme/app:1", TestImage.Small(51)) }))["state"]);
        await node.Api.PullAsync("metrics", new { reference = $"{registry.Host}/acme/none:1" });
        using var management = new GatewayApi(node.Gateway.ManagementUrl, null);

        var metrics = await management.GetAsync("/metrics");

        Assert.Equal(200, (int)metrics.Status);
        Assert.Contains("http_server_request_duration", metrics.Text);
        Assert.Contains("registry_received_bytes_total", metrics.Text);
        Assert.Contains("registry_errors", metrics.Text);
        Assert.Contains("gateway_containerd_errors", metrics.Text);
        Assert.Matches("job[^\n]*image.pull", metrics.Text);
        Assert.Equal(404, (int)(await node.Api.GetAsync("/metrics")).Status);
        Assert.Equal(404, (int)(await management.GetAsync("/v1/node")).Status);
        Assert.Equal(200, (int)(await management.GetAsync("/healthz/live")).Status);
    }
}
