using Gateway.TestKit;

namespace Gateway.ContainerdTests.Push;

/// <summary>Real registries that want something: Basic, tokens, and a certificate of a private CA.</summary>
public sealed class PushPrivateTests
{
    private const string Ns = "private";
    private static readonly TestImage Image = TestImage.Small(61);

    private readonly string password = Canary.New();

    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task Basic_credentials_are_used_for_the_push_and_are_nowhere_afterwards(string version)
    {
        await using var registry = await DockerRegistry.StartWithBasicAsync("user", password);
        await using var node = await Node.StartAsync(version);
        var reference = await PushTrial.BringAsync(node, Ns, Image);
        var target = $"{registry.Host}/acme/secret:1";

        Assert.Equal("registry_unauthorized", PushTrial.Code(await node.Api.PushAsync(Ns, new { reference, target })));
        Assert.Equal("registry_unauthorized", PushTrial.Code(await node.Api.PushAsync(Ns, new { reference, target, auth = new { username = "user", password = password + "x" } })));
        var job = await node.Api.PushAsync(Ns, new { reference, target, auth = new { username = "user", password } });

        PushTrial.Succeeded(job, Image.Digest);
        Assert.Equal(Image.Digest, await PushTrial.SkopeoDigestAsync(target, "--creds", $"user:{password}"));
        await PushTrial.IsCleanAsync(node, Ns);
    }

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Token_server_is_asked_for_a_token_that_allows_the_push_and_one_that_allows_the_mount(string version)
    {
        await using var tokens = await TokenServer.StartAsync(password);
        await using var registry = await DockerRegistry.StartAsync(tokens.RegistryConfiguration);
        await using var node = await Node.StartAsync(version);
        var reference = await PushTrial.BringAsync(node, Ns, Image);
        var auth = new { username = "user", password };

        Assert.Equal("registry_unauthorized", PushTrial.Code(await node.Api.PushAsync(Ns, new { reference, target = $"{registry.Host}/acme/one:1" })));
        PushTrial.Succeeded(await node.Api.PushAsync(Ns, new { reference, target = $"{registry.Host}/acme/one:1", auth }), Image.Digest);
        var mounted = PushTrial.Succeeded(await node.Api.PushAsync(Ns, new { reference, target = $"{registry.Host}/acme/two:1", auth }), Image.Digest);

        Assert.Equal(Image.Blobs.Count, (int)PushTrial.Mounted(mounted, version)["count"]!);
        await PushTrial.IsCleanAsync(node, Ns);
    }

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Identity_token_is_changed_for_a_token_that_allows_the_push(string version)
    {
        await using var tokens = await TokenAuthority.StartAsync();
        await using var registry = await DockerRegistry.StartWithTokensAsync(tokens);
        await using var node = await Node.StartAsync(version);
        var reference = await PushTrial.BringAsync(node, Ns, Image);
        var target = $"{registry.Host}/acme/secret:1";

        Assert.Equal("registry_unauthorized", PushTrial.Code(await node.Api.PushAsync(Ns, new { reference, target, auth = new { identityToken = tokens.RefreshToken + "x" } })));
        PushTrial.Succeeded(await node.Api.PushAsync(Ns, new { reference, target, auth = new { identityToken = tokens.RefreshToken } }), Image.Digest);

        Assert.Contains(tokens.Seen, seen => seen is { Method: "POST", GrantType: "refresh_token", Granted: true } && seen.Scopes.Contains("repository:acme/secret:pull,push"));
        Assert.Equal(Image.Digest, await PushTrial.SkopeoDigestAsync(target, "--creds", $"tester:{tokens.Users["tester"]}"));
        await PushTrial.IsCleanAsync(node, Ns);
    }

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Registry_token_is_sent_as_it_is_and_refused_at_the_request_by_Transfer(string version)
    {
        await using var tokens = await TokenAuthority.StartAsync();
        await using var registry = await DockerRegistry.StartWithTokensAsync(tokens);
        await using var node = await Node.StartAsync(version);
        var reference = await PushTrial.BringAsync(node, Ns, Image);
        var request = new { reference, target = $"{registry.Host}/acme/secret:1", auth = new { registryToken = tokens.Issue("repository:acme/secret:pull,push") } };

        if (version is Versions.Transfer)
        {
            var refused = await node.Api.PostAsync($"/v1/namespaces/{Ns}/images/push", request);
            Assert.Equal((422, "not_supported_by_transfer"), ((int)refused.Status, refused.Code));
        }
        else
        {
            PushTrial.Succeeded(await node.Api.PushAsync(Ns, request), Image.Digest);
        }

        Assert.Empty(tokens.Seen);
        await PushTrial.IsCleanAsync(node, Ns);
    }

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Private_ca_is_taken_from_hosts_toml(string version)
    {
        using var certificates = new Certificates();
        await using var registry = await DockerRegistry.StartAsync(certificate: (certificates.CertificateFile, certificates.KeyFile));
        await using var node = await Node.StartAsync(version, new Dictionary<string, string?> { ["Jobs__MaxAttempts"] = "1", ["Registries__MaxAttempts"] = "1" });
        var reference = await PushTrial.BringAsync(node, Ns, Image);
        var target = $"{registry.Host}/acme/app:1";
        var folder = Directory.CreateDirectory(Path.Combine(node.Gateway.Folder, "certs.d", registry.Host)).FullName;

        await File.WriteAllTextAsync(Path.Combine(folder, "hosts.toml"), $"server = \"https://{registry.Host}\"\n");
        Assert.Equal("registry_unavailable", PushTrial.Code(await node.Api.PushAsync(Ns, new { reference, target })));
        await File.WriteAllTextAsync(Path.Combine(folder, "hosts.toml"), $"server = \"https://{registry.Host}\"\nca = \"{certificates.CaFile}\"\n");

        PushTrial.Succeeded(await node.Api.PushAsync(Ns, new { reference, target }), Image.Digest);
        Assert.Equal(Image.Digest, await PushTrial.SkopeoDigestAsync(target));
        await PushTrial.IsCleanAsync(node, Ns);
    }
}
