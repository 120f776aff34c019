using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Auth;

/// <summary>A stream that a token has opened, and that outlives it.</summary>
public sealed class TokenStreamTests(Nodes nodes)
{
    [Fact]
    public async Task Stream_ends_soon_after_its_token()
    {
        var folder = Repo.NewFolder("tokens");
        using var forge = new TokenForge();
        var keySet = Path.Combine(folder, "jwks.json");
        await File.WriteAllTextAsync(keySet, forge.KeySet);
        var containerd = (await nodes.NodeAsync(Versions.Oldest)).Containerd;
        await using var containerdNamespace = containerd.NewNamespace("tokens");
        await using var registry = await ScriptedRegistry.StartAsync();
        await using var gateway = await GatewayProcess.StartBesideAsync(containerd.Address, new Dictionary<string, string?>
        {
            ["Auth__Issuers__0__Issuer"] = TokenForge.Issuer,
            ["Auth__Issuers__0__Audience"] = TokenForge.Audience,
            ["Auth__Issuers__0__JwksFile"] = keySet,
            ["Auth__Issuers__0__Grants__0__Subject"] = "alice",
            ["Auth__Issuers__0__Grants__0__Permissions__0"] = "jobs:read",
            ["Auth__Issuers__0__Grants__0__Namespaces__0"] = containerdNamespace.Name,
        });
        var image = TestImage.Small(97);
        var gate = new Gate();
        registry.Faults.On(image.Layers[0].Digest, Faults.Stall(gate, afterBytes: 10));
        var id = (string)(await gateway.Api.StartPullAsync(containerdNamespace.Name, new { reference = registry.Add("acme/app:1", image) }))["id"]!;
        await gate.Arrived;

        // It ended 50 seconds ago; clocks may differ by 60.
        var claims = TokenForge.With(TokenForge.Claims(), "exp", JsonValue.Create(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 50));
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/jobs/{id}/events");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", forge.Rs256(TokenForge.Header(), claims));
        using var client = new HttpClient { BaseAddress = gateway.Url };
        using var stream = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(200, (int)stream.StatusCode);
        var read = await stream.Content.ReadAsStringAsync().WaitAsync(TimeSpan.FromMinutes(2));
        Assert.EndsWith(": the credentials are no longer good for this job\n\n", read, StringComparison.Ordinal);

        gate.Open();
        Assert.Equal("succeeded", (string?)(await gateway.Api.EndOfAsync(id))["state"]);
        Directory.Delete(folder, recursive: true);
    }
}
