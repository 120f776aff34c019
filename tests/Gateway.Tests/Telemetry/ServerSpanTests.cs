using System.Diagnostics;
using Gateway.Telemetry;

namespace Gateway.Tests.Telemetry;

public sealed class ServerSpanTests
{
    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    private const string Parent = "00-" + TraceId + "-00f067aa0ba902b7-01";

    [Fact]
    public async Task Server_span_continues_the_callers_traceparent()
    {
        await using var host = await TelemetryHost.StartAsync();

        var span = await host.SpanOfAsync("/hello/you", ("traceparent", Parent));

        Assert.Equal(TraceId, span.TraceId.ToHexString());
        Assert.Equal("00f067aa0ba902b7", span.ParentSpanId.ToHexString());
        Assert.Equal("/hello/{**name}", span.GetTagItem("http.route"));
    }

    [Fact]
    public async Task Query_and_headers_never_reach_a_span()
    {
        await using var host = await TelemetryHost.StartAsync();

        var span = await host.SpanOfAsync(
            "/hello/you?token=canary-query&x=canary-query", ("User-Agent", "canary-agent"), ("Authorization", "Bearer canary-header"), ("X-API-Key", "canary-key"));

        Assert.DoesNotContain(span.TagObjects, tag => tag.Value?.ToString()?.Contains("canary", StringComparison.Ordinal) is true);
        Assert.Equal("/hello/you", span.GetTagItem("url.path"));
    }

    [Theory]
    [InlineData("/hello/https:%2F%2Fuser:canary@registry%2Fapp")]
    [InlineData("/hello/user:canary@registry/app@sha256:aa")]
    [InlineData("/hello/app@sha256:aa/canary@x")]
    public async Task Path_with_credentials_is_replaced_by_its_route(string path)
    {
        await using var host = await TelemetryHost.StartAsync();

        var span = await host.SpanOfAsync(path);

        Assert.Equal("/hello/{**name}", span.GetTagItem("url.path"));
        Assert.DoesNotContain("canary", span.DisplayName, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Path_with_a_digest_stays_as_it_is()
    {
        await using var host = await TelemetryHost.StartAsync();

        var span = await host.SpanOfAsync("/hello/docker.io/library/alpine@sha256:aa");

        Assert.Equal("/hello/docker.io/library/alpine@sha256:aa", span.GetTagItem("url.path"));
    }

    [Theory]
    [InlineData("/healthz/live")]
    [InlineData("/metrics")]
    public async Task Probes_make_no_span(string path)
    {
        await using var host = await TelemetryHost.StartAsync();

        using var probe = await host.Client.GetAsync(path);
        await host.SpanOfAsync("/hello/marker");

        Assert.True(probe.IsSuccessStatusCode);
        Assert.Single(host.Spans, host.IsServerSpan);
    }

    [Theory]
    [InlineData("Gateway.Jobs")]
    [InlineData("Gateway.Oci.Registry")]
    [InlineData("Gateway.Containerd")]
    [InlineData("Gateway.Images")]
    public async Task Own_sources_are_exported(string name)
    {
        await using var host = await TelemetryHost.StartAsync();
        using var source = new ActivitySource(name);

        source.StartActivity("probe")!.Dispose();

        Assert.Contains(host.Spans, span => span.Source.Name == name);
    }

    [Fact]
    public async Task Plain_http_client_requests_make_no_span_of_their_own()
    {
        await using var host = await TelemetryHost.StartAsync();
        using var source = new ActivitySource("Gateway.Oci.Registry");
        using var registry = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null });

        ActivityTraceId trace;
        using (var request = source.StartActivity("GET manifest", ActivityKind.Client)!)
        {
            trace = request.TraceId;
            using var answer = await registry.GetAsync(new Uri(host.Address, "/hello/blob?X-Amz-Signature=canary"));
        }

        await host.FirstAsync(host.IsServerSpan);
        Assert.Equal(["GET manifest"], host.Spans.Where(span => span.TraceId == trace).Select(span => span.DisplayName));
    }

    [Fact]
    public void Other_tags_lose_what_looks_like_a_credential()
    {
        using var source = new ActivitySource("Gateway.Tests.Redaction");
        using var listener = new ActivityListener
        {
            ShouldListenTo = s => ReferenceEquals(s, source),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        using var span = source.StartActivity("probe")!;
        span.SetTag("url.full", "https://u:canary@host/path?sig=canary").SetTag("http.request.header.cookie", new[] { "canary" }).SetTag("job.id", "job-1").SetTag("n", 3);

        using var redaction = new SpanRedaction();
        redaction.OnEnd(span);

        Assert.Equal(["job.id=job-1", "n=3", "url.full=https://[redacted]@host/path?[redacted]"], span.TagObjects.Select(t => $"{t.Key}={t.Value}").Order(StringComparer.Ordinal));
    }
}
