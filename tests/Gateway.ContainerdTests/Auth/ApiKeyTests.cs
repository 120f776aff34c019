using System.Net;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Auth;

/// <summary>API keys of the configuration, and what the two headers may hold.</summary>
public sealed class ApiKeyTests(GuardedGateway guarded) : IClassFixture<GuardedGateway>
{
    private const string Key = $"gwk_reader_{GuardedGateway.Secret}";
    private const string Images = "/v1/namespaces/team-a/images";

    [Theory]
    [InlineData("GET", Images, HttpStatusCode.ServiceUnavailable)]
    [InlineData("GET", "/v1/namespaces/other/images", HttpStatusCode.Forbidden)]
    [InlineData("GET", "/v1/namespaces/no%20name/images", HttpStatusCode.Forbidden)]
    [InlineData("DELETE", "/v1/namespaces/team-a/images/alpine", HttpStatusCode.Forbidden)]
    [InlineData("POST", "/v1/namespaces/team-a/images/pull", HttpStatusCode.Forbidden)]
    [InlineData("GET", "/v1/node", HttpStatusCode.Forbidden)]
    [InlineData("DELETE", "/v1/namespaces/team-a", HttpStatusCode.Forbidden)]
    [InlineData("GET", "/v1/jobs", HttpStatusCode.OK)] // its own jobs: none
    public async Task Key_may_do_what_its_grants_say(string verb, string path, HttpStatusCode expected)
    {
        using var api = guarded.With(Key);
        Assert.Equal(expected, (await api.SendAsync(new HttpMethod(verb), path)).Status);
    }

    [Fact]
    public async Task Answer_of_403_does_not_tell_what_exists()
    {
        using var api = guarded.With(Key);
        var answer = await api.GetAsync("/v1/namespaces/other/images/alpine");
        Assert.Equal("forbidden", answer.Code);
        Assert.DoesNotContain("alpine", (string?)answer.Json["detail"]);
    }

    public static TheoryData<string> WrongKeys =>
    [
        $"gwk_expired_{GuardedGateway.Secret}",
        $"gwk_nobody_{GuardedGateway.Secret}",
        $"gwk_reader_{GuardedGateway.Secret[..^1]}",
        $"gwk_reader_{GuardedGateway.Secret}x",
        $"gwk_reader_{GuardedGateway.Secret.ToUpperInvariant()}",
        $"GWK_reader_{GuardedGateway.Secret}",
        $"gwk_reader_{GuardedGateway.HashOf(GuardedGateway.Secret)}",
        GuardedGateway.HashOf(GuardedGateway.Secret),
        GuardedGateway.Secret,
        "gwk_reader_",
        "gwk__",
        "gwk_",
    ];

    [Theory]
    [MemberData(nameof(WrongKeys))]
    public async Task Wrong_key_is_refused_in_both_headers(string key)
    {
        using var bearer = guarded.With(key);
        using var nobody = guarded.With(null);
        Assert.Equal(HttpStatusCode.Unauthorized, (await bearer.GetAsync(Images)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.SendAsync(HttpMethod.Get, Images, null, ("X-API-Key", key))).Status);
    }

    [Theory]
    [InlineData("X-API-Key", Key, HttpStatusCode.ServiceUnavailable)]
    [InlineData("Authorization", "bearer " + Key, HttpStatusCode.ServiceUnavailable)]
    [InlineData("Authorization", Key, HttpStatusCode.Unauthorized)]
    [InlineData("Authorization", "Basic " + Key, HttpStatusCode.Unauthorized)]
    [InlineData("Authorization", "Bearer", HttpStatusCode.Unauthorized)]
    [InlineData("X-API-Key", "", HttpStatusCode.Unauthorized)]
    public async Task Header_must_hold_a_key_in_its_form(string name, string value, HttpStatusCode expected)
    {
        using var nobody = guarded.With(null);
        Assert.Equal(expected, (await nobody.SendAsync(HttpMethod.Get, Images, null, (name, value))).Status);
    }

    [Fact]
    public async Task Two_credentials_are_none()
    {
        using var api = guarded.With(Key);
        Assert.Equal(HttpStatusCode.Unauthorized, (await api.SendAsync(HttpMethod.Get, Images, null, ("X-API-Key", Key))).Status);
    }

    [Fact]
    public async Task Command_makes_a_key_that_its_hash_admits()
    {
        var output = await ChildProcess.RunAsync("dotnet", Path.Combine(AppContext.BaseDirectory, "Gateway.dll"), "hash-key", "ci");
        var lines = output.Split('\n').Where(line => line.Contains(':')).ToDictionary(line => line.Split(':')[0], line => line.Split(':', 2)[1].Trim());
        await using var gateway = await GatewayProcess.StartAsync("/nonexistent", new Dictionary<string, string?>
        {
            ["GATEWAY_BOOTSTRAP_KEY"] = null,
            ["Auth__ApiKeys__0__Id"] = lines["id"],
            ["Auth__ApiKeys__0__Sha256"] = lines["sha256"],
            ["Auth__ApiKeys__0__Grants__0__Permissions__0"] = "admin",
            ["Auth__ApiKeys__0__Grants__0__Namespaces__0"] = "*",
        });
        using var api = new GatewayApi(gateway.Url, lines["key"]);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await api.GetAsync("/v1/node")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await gateway.Api.GetAsync("/v1/node")).Status);
    }

    [Fact]
    public async Task Generated_bootstrap_key_is_printed_once_and_kept_as_a_hash()
    {
        await using var gateway = await GatewayProcess.StartAsync("/nonexistent", new Dictionary<string, string?> { ["GATEWAY_BOOTSTRAP_KEY"] = null });
        var key = PrintedKey(gateway.Log);
        Assert.NotNull(key);
        using var api = new GatewayApi(gateway.Url, key);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await api.GetAsync("/v1/node")).Status);
        Assert.DoesNotContain(Directory.EnumerateFiles(gateway.Folder, "*", SearchOption.AllDirectories), file => TextOf(file).Contains(key, StringComparison.Ordinal));

        await gateway.TerminateAsync();
        await gateway.StartAsync();
        Assert.Null(PrintedKey(gateway.Log));
        using var again = new GatewayApi(gateway.Url, key);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await again.GetAsync("/v1/node")).Status);
    }

    // The gateway has its files open and locked.
    private static string TextOf(string file)
    {
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd();
    }

    private static string? PrintedKey(string log) =>
        log.Split('\n').Where(line => line.StartsWith("bootstrap key", StringComparison.Ordinal)).Select(line => line.Split(": ")[1].Trim()).SingleOrDefault();
}
