using System.Net.Http.Headers;
using System.Text;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Pull;

/// <summary>Registries that want something: real ones, with Basic, tokens, and a certificate of a private CA.</summary>
public sealed class PullPrivateTests
{
    private const string Ns = "private";

    private readonly string password = Canary.New();

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Basic_credentials_are_used_for_the_pull_and_are_nowhere_afterwards(string version)
    {
        var htpasswd = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(htpasswd, await ChildProcess.RunAsync("htpasswd", "-Bbn", "user", password));
            await using var registry = await DockerRegistry.StartAsync($"auth:\n  htpasswd:\n    realm: test\n    path: {htpasswd}");
            await using var otlp = await OtlpReceiver.StartAsync();
            await using var node = await Node.StartAsync(version, new Dictionary<string, string?> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = otlp.Url, ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf" });
            var basic = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"user:{password}")));
            var reference = await registry.PushAsync("acme/secret:1", TestImage.Small(40), basic);

            var without = await node.Api.PullAsync(Ns, new { reference });
            Assert.Equal("registry_unauthorized", (string?)without["error"]!["code"]);
            var wrong = await node.Api.PullAsync(Ns, new { reference, auth = new { username = "user", password = password + "x" } });
            Assert.Equal("registry_unauthorized", (string?)wrong["error"]!["code"]);

            var job = await node.Api.PullAsync(Ns, new { reference, auth = new { username = "user", password } });
            Assert.True((string?)job["state"] is "succeeded", job.ToJsonString());
            Assert.Empty(await Invariants.CheckAsync(node.Containerd, Ns));
            await node.Gateway.TerminateAsync();
            Assert.NotEmpty(otlp.Raw); // what is in it, and in all else, is searched when it ends
        }
        finally
        {
            File.Delete(htpasswd);
        }
    }

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Credentials_of_a_running_pull_survive_a_kill_and_are_never_readable_in_the_store(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        await using var node = await Node.StartAsync(version);
        var expected = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"user:{password}"));
        var reached = new TaskCompletionSource();
        var open = false;
        var image = TestImage.Small(41);
        registry.Script = async http =>
        {
            if (http.Request.Headers.Authorization != expected)
            {
                http.Response.StatusCode = 401;
                http.Response.Headers.WWWAuthenticate = "Basic realm=\"test\"";
                return true;
            }

            if (!Volatile.Read(ref open) && http.Request.Path.Value!.EndsWith(image.Layers[0].Digest, StringComparison.Ordinal))
            {
                reached.TrySetResult();
                await Task.Delay(Timeout.Infinite, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            return false;
        };
        var id = (string)(await node.Api.StartPullAsync(Ns, new { reference = registry.Add("acme/app:1", image), auth = new { username = "user", password } }))["id"]!;
        await reached.Task;
        await node.Gateway.KillAsync();
        foreach (var file in Directory.EnumerateFiles(node.Gateway.Folder))
        {
            Assert.DoesNotContain(password, Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file)));
        }

        Volatile.Write(ref open, true);
        await node.Gateway.StartAsync();
        Assert.Equal("succeeded", (string?)(await node.Api.EndOfAsync(id))["state"]);
    }

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Token_server_is_asked_with_the_password_grant(string version)
    {
        await using var tokens = await TokenServer.StartAsync(password);
        await using var registry = await DockerRegistry.StartAsync(tokens.RegistryConfiguration);
        await using var node = await Node.StartAsync(version);
        var reference = await registry.PushAsync("acme/secret:1", TestImage.Small(42), new AuthenticationHeaderValue("Bearer", tokens.Token("repository:acme/secret:pull,push")));

        var without = await node.Api.PullAsync(Ns, new { reference });
        Assert.Equal("registry_unauthorized", (string?)without["error"]!["code"]);
        var job = await node.Api.PullAsync(Ns, new { reference, auth = new { username = "user", password } });
        Assert.True((string?)job["state"] is "succeeded", job.ToJsonString());
        // The daemon asks for tokens of its own, as often as it likes.
        Assert.InRange(tokens.Asked.Count(asked => asked is "POST password"), 1, version is Versions.Transfer ? 8 : 1);
    }

    [Fact]
    public async Task Registry_token_is_sent_as_it_is()
    {
        await using var tokens = await TokenServer.StartAsync(password);
        await using var registry = await DockerRegistry.StartAsync(tokens.RegistryConfiguration);
        await using var node = await Node.StartAsync(Versions.Oldest);
        var reference = await registry.PushAsync("acme/secret:1", TestImage.Small(42), new AuthenticationHeaderValue("Bearer", tokens.Token("repository:acme/secret:pull,push")));
        var given = await node.Api.PullAsync(Ns, new { reference, auth = new { registryToken = tokens.Token("repository:acme/secret:pull") } });
        Assert.True((string?)given["state"] is "succeeded", given.ToJsonString());
        Assert.Empty(tokens.Asked);
    }

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Private_ca_is_taken_from_hosts_toml(string version)
    {
        using var certificates = new Certificates();
        await using var registry = await DockerRegistry.StartAsync(certificate: (certificates.CertificateFile, certificates.KeyFile));
        await using var node = await Node.StartAsync(version, new Dictionary<string, string?> { ["Jobs__MaxAttempts"] = "1", ["Registries__MaxAttempts"] = "1" });
        var reference = await registry.PushAsync("acme/app:1", TestImage.Small(43));
        var folder = Directory.CreateDirectory(Path.Combine(node.Gateway.Folder, "certs.d", registry.Host)).FullName;

        await File.WriteAllTextAsync(Path.Combine(folder, "hosts.toml"), $"server = \"https://{registry.Host}\"\n");
        var untrusted = await node.Api.PullAsync(Ns, new { reference });
        Assert.Equal("registry_unavailable", (string?)untrusted["error"]!["code"]);

        await File.WriteAllTextAsync(Path.Combine(folder, "hosts.toml"), $"server = \"https://{registry.Host}\"\nca = \"{certificates.CaFile}\"\n");
        var job = await node.Api.PullAsync(Ns, new { reference });
        Assert.True((string?)job["state"] is "succeeded", job.ToJsonString());
    }

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Mirror_is_asked_first_and_the_registry_itself_when_it_fails(string version)
    {
        await using var mirror = await ScriptedRegistry.StartAsync();
        await using var upstream = await ScriptedRegistry.StartAsync();
        await using var node = await Node.StartAsync(version);
        var image = TestImage.Small(44);
        mirror.Add("acme/app:1", image);
        var reference = upstream.Add("acme/app:1", image);
        var folder = Directory.CreateDirectory(Path.Combine(node.Gateway.Folder, "certs.d", upstream.Host)).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "hosts.toml"), $"server = \"http://{upstream.Host}\"\n[host.\"http://{mirror.Host}\"]\n  capabilities = [\"pull\", \"resolve\"]\n");

        Assert.Equal("succeeded", (string?)(await node.Api.PullAsync("one", new { reference, auth = new { username = "user", password } }))["state"]);
        Assert.Empty(upstream.Seen);
        Assert.All(mirror.Seen, seen => Assert.Equal($"?ns={Uri.EscapeDataString(upstream.Host)}", seen.Query));

        mirror.Script = http =>
        {
            http.Response.StatusCode = 404;
            return Task.FromResult(true);
        };
        Assert.Equal("succeeded", (string?)(await node.Api.PullAsync("two", new { reference }))["state"]);
        Assert.NotEmpty(upstream.Seen);
        Assert.All(mirror.Seen, seen => Assert.Null(seen.Authorization));
    }
}
