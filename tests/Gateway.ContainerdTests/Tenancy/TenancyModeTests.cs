using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Gateway.Containerd.Tenancy;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Tenancy;

/// <summary>What the gateway does with what the probe finds.</summary>
public sealed class TenancyModeTests
{
    private static readonly Dictionary<string, string?> Multi = new() { ["Tenancy__Mode"] = "multi" };

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Alone_it_serves_on_a_daemon_that_shares_warns_and_tells(string version)
    {
        await using var daemon = await ContainerdDaemon.StartAsync(version);
        await daemon.Ctr.RunAsync("default", "namespaces", "create", "open", $"{ShareableNamespaces.Label}=true");
        var settings = Tenants.Settings(["node:read"], "alice");
        await using var gateway = await GatewayProcess.StartAsync(daemon.Address, settings);
        await Wait.UntilAsync(() => Warnings(gateway).Count() is 2, "both are warned of");
        Assert.Equal("""{"mode":"single","contentSharing":"shared","shareableNamespaces":["open"]}""", (await TenancyAsync(gateway.Api)).ToJsonString());
        Assert.Contains(Warnings(gateway), warning => warning.Contains("content_sharing_policy", StringComparison.Ordinal));
        Assert.Contains(Warnings(gateway), warning => warning.Contains("open", StringComparison.Ordinal) && warning.Contains(ShareableNamespaces.Label, StringComparison.Ordinal));
        Assert.Equal(["open"], await daemon.Ctr.NamespacesAsync());

        // A namespace that a caller may not read is not named to it.
        using var alice = gateway.As("alice");
        Assert.Empty((await TenancyAsync(alice))["shareableNamespaces"]!.AsArray());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task With_several_tenants_it_serves_on_a_daemon_that_isolates(string version)
    {
        await using var daemon = await ContainerdDaemon.StartAsync(version, moreConfig: Tenants.Isolated);
        await using var gateway = await GatewayProcess.StartAsync(daemon.Address, Multi);
        Assert.Equal("""{"mode":"multi","contentSharing":"isolated","shareableNamespaces":[]}""", (await TenancyAsync(gateway.Api)).ToJsonString());
        Assert.Empty(Warnings(gateway));
        Assert.Empty(await daemon.Ctr.NamespacesAsync());
    }

    [Fact]
    public async Task With_several_tenants_this_machines_own_ports_are_not_for_pulling()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        await using var daemon = await ContainerdDaemon.StartAsync(Versions.Oldest, moreConfig: Tenants.Isolated);
        await using var gateway = await GatewayProcess.StartAsync(daemon.Address, Multi);
        var job = await gateway.Api.PullAsync("tenant", new { reference = registry.Add("acme/app:1", TestImage.Small(95)) });
        Assert.Equal("egress_denied", (string?)job["error"]?["code"]);
    }

    [Fact]
    public async Task With_several_tenants_containerd_fetches_nothing_by_itself()
    {
        Assert.SkipUnless(ContainerdDaemon.Versions.Contains("2"), "containerd 2 is not among TEST_CONTAINERD_VERSIONS");
        await using var daemon = await ContainerdDaemon.StartAsync("2", moreConfig: Tenants.Isolated);
        await using var gateway = await GatewayProcess.StartAsync(daemon.Address, new Dictionary<string, string?>(Multi) { ["Images__Engine"] = "transfer" });
        var refused = await gateway.Api.PostAsync("/v1/namespaces/tenant/images/pull", new { reference = "registry.example.org/app:1" });
        Assert.Equal((HttpStatusCode.NotImplemented, "not_supported_by_containerd"), (refused.Status, refused.Code));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task With_several_tenants_the_start_is_refused_on_a_daemon_that_shares(string version)
    {
        await using var daemon = await ContainerdDaemon.StartAsync(version);
        var (exit, log) = await GatewayProcess.StartRefusedAsync(Multi, daemon.Address);
        Assert.NotEqual(0, exit);
        Assert.Contains("""[plugins."io.containerd.metadata.v1.bolt"] content_sharing_policy = "isolated" """.Trim(), log);
        Assert.DoesNotContain("Now listening", log);
        Assert.Empty(await daemon.Ctr.NamespacesAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task With_several_tenants_the_start_is_refused_where_a_namespace_is_shareable(string version)
    {
        await using var daemon = await ContainerdDaemon.StartAsync(version, moreConfig: Tenants.Isolated);
        await daemon.Ctr.RunAsync("default", "namespaces", "create", "open", $"{ShareableNamespaces.Label}=true");
        var (exit, log) = await GatewayProcess.StartRefusedAsync(Multi, daemon.Address);
        Assert.NotEqual(0, exit);
        Assert.Contains($"ctr namespaces label open {ShareableNamespaces.Label}=", log);
        Assert.DoesNotContain("Now listening", log);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task With_several_tenants_it_ends_when_the_daemon_comes_back_and_shares(string version)
    {
        await using var daemon = await ContainerdDaemon.StartAsync(version, moreConfig: Tenants.Isolated);
        await using var gateway = await GatewayProcess.StartAsync(daemon.Address, Multi);
        await daemon.KillAsync();
        await daemon.StartAsync();
        await Wait.UntilAsync(() => gateway.Log.Split("Content of namespaces is Isolated").Length is 3, "it is asked again");
        Assert.Equal(HttpStatusCode.OK, (await gateway.Api.GetAsync("/healthz/ready")).Status);

        await daemon.KillAsync();
        daemon.MoreConfig = "";
        await daemon.StartAsync();
        Assert.Equal(1, await gateway.ExitAsync());
        Assert.Contains("The gateway ends: Tenancy:Mode is multi, and this containerd gives the content of one namespace to any other", gateway.Log);
        Assert.Empty(await daemon.Ctr.NamespacesAsync());
    }

    [Fact]
    public async Task With_several_tenants_nothing_listens_before_the_daemon_has_been_asked()
    {
        await using var daemon = await ContainerdDaemon.StartAsync(Versions.Oldest, moreConfig: Tenants.Isolated);
        await daemon.KillAsync();
        File.Delete(daemon.Address);
        using var deaf = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        deaf.Bind(new UnixDomainSocketEndPoint(daemon.Address));
        deaf.Listen();
        var port = FreePort();
        var starting = GatewayProcess.StartAsync(daemon.Address, new Dictionary<string, string?>(Multi) { ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}" });

        // Each time it asks it is cut off. It listens at the third try no more than at the first.
        for (var tries = 0; tries < 3; tries++)
        {
            (await deaf.AcceptAsync()).Dispose();
        }

        using var client = new TcpClient();
        await Assert.ThrowsAsync<SocketException>(() => client.ConnectAsync(IPAddress.Loopback, port));
        Assert.False(starting.IsCompleted);

        deaf.Dispose();
        File.Delete(daemon.Address);
        await daemon.StartAsync();
        await using var gateway = await starting;
        Assert.Equal(HttpStatusCode.OK, (await gateway.Api.GetAsync("/healthz/ready")).Status);
    }

    [Fact]
    public async Task Mode_of_another_name_refuses_the_start()
    {
        var (exit, log) = await GatewayProcess.StartRefusedAsync(new Dictionary<string, string?> { ["Tenancy__Mode"] = "several" });
        Assert.NotEqual(0, exit);
        Assert.Contains("Tenancy:Mode", log);
    }

    private static async Task<JsonNode> TenancyAsync(GatewayApi api) => (await api.GetAsync("/v1/node")).Json["tenancy"]!;

    private static IEnumerable<string> Warnings(GatewayProcess gateway) =>
        gateway.LogEntries.Where(entry => (string?)entry["event"] is "LogShared" or "LogShareable").Select(entry => (string)entry["message"]!);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
