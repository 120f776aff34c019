using System.Net;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Network;

/// <summary>What every answer tells browsers and caches, and which hosts are answered at all.</summary>
public sealed class AnswerHeadersTests(LoneGateway lone) : IClassFixture<LoneGateway>
{
    [Theory]
    [InlineData("/healthz/live", HttpStatusCode.OK)]
    [InlineData("/problems/image_not_found", HttpStatusCode.OK)]
    [InlineData("/swagger/index.html", HttpStatusCode.OK)]
    [InlineData("/swagger/swagger-ui-bundle.js", HttpStatusCode.OK)]
    [InlineData("/SWAGGER/index.html", HttpStatusCode.OK)]
    [InlineData("/openapi/v1.json", HttpStatusCode.OK)]
    [InlineData("/v1/jobs", HttpStatusCode.OK)]
    [InlineData("/v1/node", HttpStatusCode.ServiceUnavailable)]
    [InlineData("/v1/nothing", HttpStatusCode.NotFound)]
    public async Task Answer_carries_the_headers_that_bind_a_browser(string path, HttpStatusCode status)
    {
        var answer = await lone.Gateway.Api.GetAsync(path);
        Assert.Equal(status, answer.Status);
        Assert.Equal("nosniff", Header(answer, "X-Content-Type-Options"));
        Assert.Equal("no-referrer", Header(answer, "Referrer-Policy"));
        Assert.Equal("DENY", Header(answer, "X-Frame-Options"));
        Assert.Equal("Authorization, Origin", string.Join(", ", answer.Headers.Vary));
        var policy = Header(answer, "Content-Security-Policy");
        Assert.StartsWith("default-src 'none';", policy);
        Assert.Contains("frame-ancestors 'none'", policy);
        Assert.DoesNotContain("script-src 'unsafe", policy);
        Assert.Equal(path.StartsWith("/swagger", StringComparison.OrdinalIgnoreCase), policy.Contains("script-src 'self'", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/v1/jobs")]
    [InlineData("/v1/node")]
    [InlineData("/v1/nothing")]
    public async Task Answer_without_a_version_is_not_stored(string path) =>
        Assert.True((await lone.Gateway.Api.GetAsync(path)).Headers.CacheControl!.NoStore);

    [Fact]
    public async Task Page_of_the_description_has_no_script_in_itself()
    {
        var page = (await lone.Gateway.Api.GetAsync("/swagger/index.html")).Text;
        Assert.DoesNotMatch("<script(?![^>]* src=)", page);
        Assert.DoesNotMatch("<[^>]+ on[a-z]+=", page);
    }

    [Fact]
    public async Task Metrics_stand_on_the_management_port_alone_however_they_are_spelled()
    {
        using var management = new GatewayApi(lone.Gateway.ManagementUrl, null);
        Assert.Equal(HttpStatusCode.OK, (await management.GetAsync("/METRICS")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await lone.Gateway.Api.GetAsync("/METRICS")).Status);
        Assert.Equal(HttpStatusCode.OK, (await management.GetAsync("/HEALTHZ/live")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await management.GetAsync("/v1/jobs")).Status);
    }

    [Theory]
    [InlineData("localhost", HttpStatusCode.OK)]
    [InlineData("LOCALHOST:1", HttpStatusCode.OK)]
    [InlineData("127.0.0.1", HttpStatusCode.OK)]
    [InlineData("[::1]:8080", HttpStatusCode.OK)]
    [InlineData("evil.example", HttpStatusCode.BadRequest)]
    [InlineData("localhost.evil.example", HttpStatusCode.BadRequest)]
    [InlineData("127.0.0.1.evil.example", HttpStatusCode.BadRequest)]
    [InlineData("127.0.0.2", HttpStatusCode.BadRequest)]
    [InlineData("0.0.0.0", HttpStatusCode.BadRequest)]
    public async Task Only_hosts_of_this_machine_are_answered_by_default(string host, HttpStatusCode expected)
    {
        var answer = await lone.Gateway.Api.SendAsync(HttpMethod.Get, "/healthz/live", null, ("Host", host));
        Assert.Equal(expected, answer.Status);
        Assert.True(expected is HttpStatusCode.OK || (answer.Code is "invalid_request" && answer.Json["errors"]!["Host"] is not null), answer.Text);
    }

    [Fact]
    public async Task Listed_hosts_are_answered_and_no_others()
    {
        await using var gateway = await GatewayProcess.StartAsync("/nonexistent", new Dictionary<string, string?> { ["AllowedHosts"] = "gateway.example.org;*.nodes.example.org" });
        foreach (var (host, expected) in new[]
        {
            ("gateway.example.org", HttpStatusCode.OK), ("a.nodes.example.org:8443", HttpStatusCode.OK),
            ("nodes.example.org", HttpStatusCode.BadRequest), ("evilnodes.example.org", HttpStatusCode.BadRequest), ("localhost", HttpStatusCode.BadRequest),
        })
        {
            Assert.Equal(expected, (await gateway.Api.SendAsync(HttpMethod.Get, "/healthz/live", null, ("Host", host))).Status);
        }
    }

    private static string Header(Answer answer, string name) => answer.Headers.GetValues(name).Single();
}
