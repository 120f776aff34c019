using System.Net;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Auth;

/// <summary>Tokens of two real issuers, found by discovery.</summary>
public sealed class OidcTests : IAsyncLifetime
{
    private const string Audience = "gateway";

    private OidcIssuer corp = null!;
    private OidcIssuer build = null!;
    private GatewayProcess gateway = null!;

    public async ValueTask InitializeAsync()
    {
        (corp, build) = (await OidcIssuer.StartAsync(Audience), await OidcIssuer.StartAsync(Audience));
        var settings = new Dictionary<string, string?>();
        foreach (var (name, issuer, at) in new[] { ("corp", corp, 0), ("build", build, 1) })
        {
            var entry = $"Auth__Issuers__{at}";
            settings[$"{entry}__Name"] = name;
            settings[$"{entry}__Authority"] = issuer.Url;
            settings[$"{entry}__Issuer"] = issuer.Url + "/";
            settings[$"{entry}__Audience"] = Audience;
            settings[$"{entry}__Grants__0__Subject"] = "alice";
            settings[$"{entry}__Grants__0__Permissions__0"] = "images:read";
            settings[$"{entry}__Grants__0__Namespaces__0"] = name;
        }

        gateway = await GatewayProcess.StartAsync("/nonexistent", settings);
    }

    public async ValueTask DisposeAsync()
    {
        await gateway.DisposeAsync();
        await corp.DisposeAsync();
        await build.DisposeAsync();
    }

    [Fact]
    public async Task Each_issuer_speaks_for_its_own_subjects()
    {
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(await corp.TokenAsync("alice"), "corp"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(await corp.TokenAsync("alice"), "build"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(await build.TokenAsync("alice"), "build"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(await build.TokenAsync("alice"), "corp"));
        using var api = new GatewayApi(gateway.Url, await build.TokenAsync("bob"));
        var me = (await api.GetAsync("/v1/access/me")).Json;
        Assert.Equal(("build:bob", "build:crew"), ((string?)me["subject"], (string?)me["groups"]![0]));
    }

    [Fact]
    public async Task Token_of_an_issuer_that_is_not_configured_is_refused()
    {
        await using var stranger = await OidcIssuer.StartAsync(Audience);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(await stranger.TokenAsync("alice"), "corp"));
        await using var elsewhere = await OidcIssuer.StartAsync("another-service");
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(await elsewhere.TokenAsync("alice"), "corp"));
    }

    [Fact]
    public async Task Keys_that_an_issuer_changes_are_followed()
    {
        var before = await corp.TokenAsync("alice");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(before, "corp"));
        var port = new Uri(corp.Url).Port;
        await corp.DisposeAsync();
        corp = await OidcIssuer.StartAsync(Audience, port);
        var after = await corp.TokenAsync("alice");
        await Wait.UntilAsync(async () => await StatusAsync(after, "corp") is HttpStatusCode.ServiceUnavailable, "the new key is taken", seconds: 90);
        await Wait.UntilAsync(async () => await StatusAsync(before, "corp") is HttpStatusCode.Unauthorized, "the old key is not");
    }

    private async Task<HttpStatusCode> StatusAsync(string token, string ns)
    {
        using var api = new GatewayApi(gateway.Url, token);
        return (await api.GetAsync($"/v1/namespaces/{ns}/images")).Status;
    }
}
