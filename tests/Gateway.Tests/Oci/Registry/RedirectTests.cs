using Gateway.Oci;
using Gateway.Oci.Registry;

namespace Gateway.Tests.Oci.Registry;

public sealed class RedirectTests : IDisposable
{
    private const string Canary = "canary-0d41c7f29be8356a";
    private static readonly byte[] Blob = Answers.Noise(2000);
    private readonly RegistryTrial trial = new();

    public void Dispose() => trial.Dispose();

    [Fact]
    public async Task Redirect_to_another_port_leaves_credentials_and_configured_headers_behind()
    {
        await using var storage = await ScriptedServer.StartAsync(context => context.SendBlob(Blob));
        await using var server = await ScriptedServer.StartAsync(context => context.SendStatus(307, "", ("Location", $"{storage.Url}/bucket/x?sig=abc")));
        trial.Configure(server.Authority, $"""
            [header]
            X-Canary = "{Canary}"
            """);

        var repository = trial.Open(server.Authority, new RegistryCredentials { RegistryToken = Canary });
        await using var stream = await repository.OpenBlobAsync(Answers.BlobOf(Blob), 0, CancellationToken.None);
        await stream.CopyToAsync(Stream.Null);

        Assert.Contains(Canary, server.Seen[0].Authorization, StringComparison.Ordinal);
        Assert.Equal(Canary, server.Seen[0].Headers["X-Canary"]);
        Assert.DoesNotContain(Canary, Assert.Single(storage.Seen).Everything, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redirect_on_the_same_host_keeps_credentials()
    {
        await using var server = await ScriptedServer.StartAsync(context =>
            context.Request.Path == "/moved" ? context.SendBlob(Blob) : context.SendStatus(302, "", ("Location", "/moved")));

        await trial.Open(server.Authority, new RegistryCredentials { RegistryToken = Canary }).OpenBlobAsync(Answers.BlobOf(Blob), 0, CancellationToken.None);

        Assert.Equal($"Bearer {Canary}", server.Seen[1].Authorization);
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(6, false)]
    public async Task Redirects_are_followed_five_times(int hops, bool arrives)
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Script = context => server.Seen.Count > hops ? context.SendManifest() : context.SendStatus(307, "", ("Location", $"/hop{server.Seen.Count}"));

        var resolving = trial.Open(server.Authority).ResolveAsync(CancellationToken.None);

        if (arrives)
        {
            Assert.Equal(Answers.Manifest, await resolving);
        }
        else
        {
            Assert.Equal(OciFault.RegistryUnavailable, (await Assert.ThrowsAsync<OciException>(() => resolving)).Fault);
        }
    }

    [Fact]
    public async Task Challenge_of_a_storage_host_is_not_answered()
    {
        await using var storage = await ScriptedServer.StartAsync(context => context.SendStatus(401, "", ("WWW-Authenticate", "Basic realm=x")));
        await using var server = await ScriptedServer.StartAsync(context => context.SendStatus(307, "", ("Location", storage.Url + "/x?sig=hidden")));

        var fault = await Assert.ThrowsAsync<OciException>(() =>
            trial.Open(server.Authority, new RegistryCredentials { Username = "ann", Password = Canary }).ResolveAsync(CancellationToken.None));

        Assert.Equal(OciFault.RegistryUnauthorized, fault.Fault);
        Assert.Null(Assert.Single(storage.Seen).Authorization);
        Assert.DoesNotContain("hidden", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://reg.test/v2/", "http://cdn.test/x")]
    [InlineData("https://reg.test/v2/", "http://reg.test/x")]
    [InlineData("https://reg.test/v2/", "ftp://cdn.test/x")]
    [InlineData("http://reg.test/v2/", "file:///etc/passwd")]
    [InlineData("https://reg.test/v2/", "https://user:pw@cdn.test/x")]
    [InlineData("https://reg.test/v2/", "https://127.0.0.1/x")]
    [InlineData("https://reg.test/v2/", "https://localhost:9090/x")]
    [InlineData("https://reg.test/v2/", "https://[::1]/x")]
    public void Redirect_away_from_safety_is_refused(string from, string to) =>
        Assert.Equal(OciFault.EgressDenied, Assert.Throws<RegistryFault>(() => RedirectRule.Next(new Uri(from), to)).Fault);

    [Theory]
    [InlineData("https://reg.test/", "https://reg.test/x", true)]
    [InlineData("https://reg.test/", "https://REG.test:443/x", true)]
    [InlineData("https://reg.test/", "https://reg.test:8443/x", false)]
    [InlineData("https://reg.test/", "http://reg.test:443/x", false)]
    [InlineData("https://reg.test/", "https://cdn.reg.test/x", false)]
    public void Home_is_scheme_host_and_port(string home, string next, bool same) => Assert.Equal(same, RedirectRule.StaysAtHome(new Uri(home), new Uri(next)));
}
