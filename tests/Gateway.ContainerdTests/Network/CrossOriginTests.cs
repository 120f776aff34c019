using System.Net;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Network;

/// <summary>What pages of other sites may do: nothing by default, and the listed ones what their credentials allow.</summary>
public sealed class CrossOriginTests(LoneGateway lone, PortalGateway portal) : IClassFixture<LoneGateway>, IClassFixture<PortalGateway>
{
    private const string Path = "/v1/namespaces";
    private const string AllowOrigin = "Access-Control-Allow-Origin";

    [Theory]
    [InlineData("https://portal.example.org", null)]
    [InlineData("https://portal.example.org", "cross-site")]
    [InlineData("null", null)]
    [InlineData("https://127.0.0.1", null)]     // the right host by another scheme
    [InlineData("http://127.0.0.1:1", null)]    // and by another port
    [InlineData("file://", null)]
    [InlineData(null, "cross-site")]
    [InlineData(null, "same-site")]
    public async Task Mutation_from_another_site_is_refused_by_default_whatever_its_credentials(string? origin, string? site)
    {
        foreach (var method in new[] { HttpMethod.Post, HttpMethod.Put, HttpMethod.Patch, HttpMethod.Delete })
        {
            var answer = await lone.Gateway.Api.SendAsync(method, Path, null, Browser(origin, site));
            Assert.Equal((HttpStatusCode.Forbidden, "forbidden"), (answer.Status, answer.Code));
            Assert.False(answer.Headers.Contains(AllowOrigin));
        }
    }

    [Theory]
    [InlineData(null, "same-origin")]
    [InlineData(null, "none")]
    [InlineData(null, null)]
    public async Task Mutation_of_the_own_page_and_of_a_program_passes(string? origin, string? site) =>
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await lone.Gateway.Api.PostAsync(Path, new { name = "x" }, Browser(origin, site))).Status);

    [Fact]
    public async Task Mutation_of_the_own_origin_passes()
    {
        var own = lone.Gateway.Url.GetLeftPart(UriPartial.Authority);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await lone.Gateway.Api.PostAsync(Path, new { name = "x" }, ("Origin", own), ("Sec-Fetch-Site", "same-origin"))).Status);
    }

    [Fact]
    public async Task Answers_are_kept_from_other_sites_by_default()
    {
        var read = await lone.Gateway.Api.SendAsync(HttpMethod.Get, "/healthz/live", null, ("Origin", PortalGateway.Portal));
        Assert.Equal(HttpStatusCode.OK, read.Status);
        Assert.DoesNotContain(read.Headers, header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
        Assert.Equal(HttpStatusCode.Forbidden, (await PreflightAsync(lone.Gateway, PortalGateway.Portal, "POST")).Status);
    }

    [Theory]
    [InlineData(PortalGateway.Portal)]
    [InlineData(PortalGateway.Local)]
    public async Task Listed_origin_reads_and_changes_with_credentials_of_its_own(string origin)
    {
        var read = await portal.Gateway.Api.SendAsync(HttpMethod.Get, "/v1/jobs", null, Browser(origin, "cross-site"));
        Assert.Equal((HttpStatusCode.OK, origin), (read.Status, read.Headers.GetValues(AllowOrigin).Single()));
        Assert.False(read.Headers.Contains("Access-Control-Allow-Credentials"));
        var exposed = read.Headers.GetValues("Access-Control-Expose-Headers").SelectMany(value => value.Split(','));
        Assert.Superset(new HashSet<string> { "ETag", "Location", "Link", "Retry-After", "X-Request-Id", "Idempotent-Replayed", "Docker-Content-Digest" }, exposed.ToHashSet());

        // A failure is readable too.
        var write = await portal.Gateway.Api.PostAsync(Path, new { name = "x" }, Browser(origin, "cross-site"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, origin), (write.Status, write.Headers.GetValues(AllowOrigin).Single()));

        using var nobody = new GatewayApi(portal.Gateway.Url, null);
        var refused = await nobody.PostAsync(Path, new { name = "x" }, Browser(origin, "cross-site"));
        Assert.Equal((HttpStatusCode.Unauthorized, origin), (refused.Status, refused.Headers.GetValues(AllowOrigin).Single()));
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    public async Task Preflight_of_a_listed_origin_is_answered_without_credentials(string method)
    {
        var answer = await PreflightAsync(portal.Gateway, PortalGateway.Portal, method);
        Assert.Equal(HttpStatusCode.NoContent, answer.Status);
        Assert.Equal(PortalGateway.Portal, answer.Headers.GetValues(AllowOrigin).Single());
        Assert.Contains(method, answer.Headers.GetValues("Access-Control-Allow-Methods").SelectMany(value => value.Split(',')));
        Assert.Equal("600", answer.Headers.GetValues("Access-Control-Max-Age").Single());
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Credentials"));
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("https://portal.example.org.evil.example")]
    [InlineData("https://evil-portal.example.org")]
    [InlineData("http://portal.example.org")]
    [InlineData("https://portal.example.org:8443")]
    [InlineData("https://portal.example.org/")]
    [InlineData("https://portal.example.org, https://evil.example")]
    [InlineData("null")]
    public async Task Origin_that_is_not_listed_is_refused_beside_listed_ones(string origin)
    {
        Assert.Equal(HttpStatusCode.Forbidden, (await PreflightAsync(portal.Gateway, origin, "POST")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await portal.Gateway.Api.PostAsync(Path, new { name = "x" }, Browser(origin, "cross-site"))).Status);
        Assert.False((await portal.Gateway.Api.SendAsync(HttpMethod.Get, "/v1/jobs", null, Browser(origin, "cross-site"))).Headers.Contains(AllowOrigin));
    }

    private static async Task<Answer> PreflightAsync(GatewayProcess gateway, string origin, string method)
    {
        using var nobody = new GatewayApi(gateway.Url, null);
        return await nobody.SendAsync(
            HttpMethod.Options, Path, null, ("Origin", origin), ("Access-Control-Request-Method", method), ("Access-Control-Request-Headers", "authorization,content-type,idempotency-key"));
    }

    private static (string, string)[] Browser(string? origin, string? site) =>
        [.. new (string Name, string? Value)[] { ("Origin", origin), ("Sec-Fetch-Site", site) }.Where(header => header.Value is not null).Select(header => (header.Name, header.Value!))];
}
