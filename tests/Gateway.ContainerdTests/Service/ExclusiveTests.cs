using Gateway.TestKit;

namespace Gateway.ContainerdTests.Service;

/// <summary>One gateway works on a containerd.</summary>
public sealed class ExclusiveTests
{
    private const string Fault = "another gateway works on this containerd";

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Second_gateway_is_refused_until_the_first_has_ended_however(string version)
    {
        await using var node = await Node.StartAsync(version);
        var (exit, log) = await GatewayProcess.StartRefusedAsync(new Dictionary<string, string?>(), node.Containerd.Address);
        Assert.NotEqual(0, exit);
        Assert.Contains(Fault, log, StringComparison.Ordinal);
        Assert.DoesNotContain("Now listening", log, StringComparison.Ordinal);

        await node.Gateway.KillAsync();
        await using var second = await GatewayProcess.StartAsync(node.Containerd.Address);
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(node.Gateway.StartAsync);
        Assert.Contains(Fault, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_started_without_the_daemon_ends_when_another_has_it()
    {
        await using var node = await Node.StartAsync(Versions.Oldest);
        await node.Containerd.KillAsync();
        await using var second = await GatewayProcess.StartAsync(node.Containerd.Address);
        await node.Containerd.StartAsync();
        Assert.Equal(1, await second.ExitAsync());
        Assert.Contains(Fault, second.Log, StringComparison.Ordinal);
        Assert.Equal(System.Net.HttpStatusCode.OK, (await node.Api.GetAsync("/healthz/ready")).Status);
    }

    [Fact]
    public async Task Two_that_started_without_the_daemon_become_one()
    {
        await using var node = await Node.StartAsync(Versions.Oldest);
        await node.Gateway.TerminateAsync();
        await node.Containerd.KillAsync();
        await using var first = await GatewayProcess.StartAsync(node.Containerd.Address);
        await using var second = await GatewayProcess.StartAsync(node.Containerd.Address);
        await node.Containerd.StartAsync();
        await Wait.UntilAsync(() => first.HasExited || second.HasExited, "one of them ends");
        Assert.Equal(System.Net.HttpStatusCode.OK, (await (first.HasExited ? second : first).Api.GetAsync("/healthz/ready")).Status);
    }

    [Fact]
    public async Task Claim_follows_to_the_daemon_that_comes_in_the_place_of_another()
    {
        await using var node = await Node.StartAsync(Versions.Oldest);
        var before = await UuidAsync(node);
        Assert.Contains($"@gateway/{before}", await NamesAsync(), StringComparison.Ordinal);

        await node.Containerd.KillAsync();
        File.Delete(Path.Combine(node.Containerd.Root, "io.containerd.grpc.v1.introspection", "uuid"));
        await node.Containerd.StartAsync();

        await Wait.UntilAsync(async () => !(await NamesAsync()).Contains($"@gateway/{before}", StringComparison.Ordinal), "the old daemon's name is given up");
        var after = await UuidAsync(node);
        Assert.NotEqual(before, after);
        await Wait.UntilAsync(async () => (await NamesAsync()).Contains($"@gateway/{after}", StringComparison.Ordinal), "the new daemon's name is taken");
    }

    // Whose user is neither root nor the gateway's; with and without a listener.
    [Theory]
    [InlineData("listen($s, 1);")]
    [InlineData("")]
    public async Task Stranger_who_has_the_name_keeps_nobody_from_the_start(string listen)
    {
        await using var node = await Node.StartAsync(Versions.Oldest);
        var uuid = await UuidAsync(node);
        await node.Gateway.TerminateAsync();
        await using var stranger = ChildProcess.Start("setpriv", ["--reuid", "65534", "--clear-groups", "/usr/bin/perl", "-e",
            $"use Socket; $| = 1; socket(my $s, AF_UNIX, SOCK_STREAM, 0); bind($s, pack_sockaddr_un(\"\\0gateway/{uuid}\")) or die $!; {listen} print \"has it\\n\"; sleep 60"]);
        await Wait.UntilAsync(() => stranger.Log.Contains("has it", StringComparison.Ordinal), "the name is taken");
        await node.Gateway.StartAsync();
        Assert.Contains("Whether another gateway works on this containerd cannot be told", node.Gateway.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gateway_that_is_stopped_for_a_while_keeps_its_store_and_its_jobs()
    {
        await using var node = await Node.StartAsync(Versions.Oldest);
        await using var registry = await ScriptedRegistry.StartAsync();
        var (image, gate) = (TestImage.Small(5), new Gate());
        registry.Faults.On(image.Layers[0].Digest, Faults.Stall(gate, afterBytes: 10));
        var id = (string)(await node.Api.StartPullAsync("stopped", new { reference = registry.Add("acme/app:1", image) }))["id"]!;
        await Wait.UntilAsync(() => registry.Count(image.Layers[0].Digest, "GET") is 1, "the layer is on its way");

        await SignalAsync(node.Gateway, "STOP");
        var settings = new Dictionary<string, string?> { ["Jobs__Database"] = Path.Combine(node.Gateway.Folder, "jobs.db") };
        var (exit, log) = await GatewayProcess.StartRefusedAsync(settings);
        Assert.NotEqual(0, exit);
        Assert.Contains("is in use by another gateway", log, StringComparison.Ordinal);
        gate.Open();
        await SignalAsync(node.Gateway, "CONT");

        var job = await node.Api.EndOfAsync(id);
        Assert.Equal(("succeeded", 1), ((string?)job["state"], (int?)job["attempt"]));
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, "stopped"));
    }

    private static async Task<string> UuidAsync(Node node) => (string)(await node.Api.GetAsync("/v1/node")).Json["containerd"]!["uuid"]!;

    private static Task<string> NamesAsync() => File.ReadAllTextAsync("/proc/net/unix");

    private static Task<string> SignalAsync(GatewayProcess gateway, string signal) => ChildProcess.RunAsync("kill", $"-{signal}", $"{gateway.Id}");
}
