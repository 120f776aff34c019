using System.Net;
using System.Text.Json;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Auth;

/// <summary>The operator's file is read again when it changes, and only what would be taken at the start is taken.</summary>
public sealed class ConfigurationReloadTests : IAsyncLifetime
{
    private const string Key = $"gwk_reader_{GuardedGateway.Secret}";

    private readonly string folder = Repo.NewFolder("config");
    private GatewayProcess gateway = null!;

    private string ConfigFile => Path.Combine(folder, "gateway.json");

    public async ValueTask InitializeAsync()
    {
        Write("images:read", "team-a");
        gateway = await GatewayProcess.StartAsync("/nonexistent", new Dictionary<string, string?> { ["GATEWAY_CONFIG"] = ConfigFile });
    }

    public async ValueTask DisposeAsync()
    {
        await gateway.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Grants_follow_the_file_and_a_mistake_changes_nothing()
    {
        using var api = new GatewayApi(gateway.Url, Key);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(api, "team-a"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(api, "team-b"));
        Write("images:read", "team-b");
        await Wait.UntilAsync(async () => await StatusAsync(api, "team-b") is HttpStatusCode.ServiceUnavailable, "the new grant holds");
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(api, "team-a"));

        Write("images:fly", "team-c");
        await Wait.UntilAsync(() => gateway.Log.Contains("is refused, and what was stays", StringComparison.Ordinal), "the mistake is told");
        Assert.Contains("images:fly", gateway.Log);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(api, "team-b"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(api, "team-c"));

        await File.WriteAllTextAsync(ConfigFile, """{"Auth": {"ApiKeys": [""");
        await Wait.UntilAsync(() => gateway.Log.Split("is refused, and what was stays").Length is 3, "what is no JSON is told too");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(api, "team-b"));

        Write("images:read", "team-d");
        await Wait.UntilAsync(async () => await StatusAsync(api, "team-d") is HttpStatusCode.ServiceUnavailable, "the mended file holds");
    }

    [Fact]
    public async Task Issuer_that_comes_later_is_not_taken_before_the_next_start()
    {
        using var forge = new TokenForge();
        var keySet = Path.Combine(folder, "jwks.json");
        await File.WriteAllTextAsync(keySet, forge.KeySet);
        var issuer = new { TokenForge.Issuer, TokenForge.Audience, JwksFile = keySet, Grants = new[] { new { Subject = "alice", Permissions = new[] { "images:read" }, Namespaces = new[] { "team-a" } } } };
        Write(new { Auth = new { Issuers = new[] { issuer } } });
        await Wait.UntilAsync(() => gateway.Log.Contains("0 keys, 1 issuers", StringComparison.Ordinal), "the issuer is read");
        using var alice = new GatewayApi(gateway.Url, forge.Good());
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(alice, "team-a"));

        await gateway.TerminateAsync();
        await gateway.StartAsync();
        using var later = new GatewayApi(gateway.Url, forge.Good());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(later, "team-a"));
    }

    [Fact]
    public async Task Issuer_that_changes_keeps_all_but_its_grants_until_the_next_start()
    {
        using var forge = new TokenForge();
        var keySet = Path.Combine(folder, "jwks.json");
        await File.WriteAllTextAsync(keySet, forge.KeySet);
        WriteIssuer("sub", "team-a");
        await gateway.TerminateAsync();
        await gateway.StartAsync();
        using var alice = new GatewayApi(gateway.Url, forge.Good());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(alice, "team-a"));

        WriteIssuer("jti", "team-b");
        await Wait.UntilAsync(async () => await StatusAsync(alice, "team-b") is HttpStatusCode.ServiceUnavailable, "the new grant holds, of the subject by the old claim");
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(alice, "team-a"));
        Assert.Contains("Of issuer jwt only the grants have changed for now", gateway.Log);

        void WriteIssuer(string claim, string ns)
        {
            var grant = new { Subject = "alice", Permissions = new[] { "images:read" }, Namespaces = new[] { ns } };
            Write(new { Auth = new { Issuers = new[] { new { TokenForge.Issuer, TokenForge.Audience, JwksFile = keySet, SubjectClaim = claim, Grants = new[] { grant } } } } });
        }
    }

    [Fact]
    public async Task File_with_the_bootstrap_key_that_everybody_may_read_refuses_the_start()
    {
        var file = Path.Combine(folder, "open.json");
        await File.WriteAllTextAsync(file, """{"Auth": {"BootstrapKey": "0123456789012345678901234567890123456789"}}""");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        var (exit, log) = await GatewayProcess.StartRefusedAsync(new Dictionary<string, string?> { ["GATEWAY_CONFIG"] = file });
        Assert.NotEqual(0, exit);
        Assert.Contains("it holds the bootstrap key, and", log);
    }

    private void Write(string permission, string ns)
    {
        var key = new { Id = "reader", Sha256 = GuardedGateway.HashOf(GuardedGateway.Secret), Grants = new[] { new { Permissions = new[] { permission }, Namespaces = new[] { ns } } } };
        Write(new { Auth = new { ApiKeys = new[] { key } } });
    }

    private void Write(object configuration)
    {
        File.WriteAllText(ConfigFile + ".new", JsonSerializer.Serialize(configuration));
        File.Move(ConfigFile + ".new", ConfigFile, overwrite: true);
    }

    private static async Task<HttpStatusCode> StatusAsync(GatewayApi api, string ns) => (await api.GetAsync($"/v1/namespaces/{ns}/images")).Status;
}
