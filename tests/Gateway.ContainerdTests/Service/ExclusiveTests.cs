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
    public async Task One_that_started_without_the_daemon_is_not_ready_while_another_has_it()
    {
        await using var node = await Node.StartAsync(Versions.Oldest);
        await node.Containerd.KillAsync();
        await using var second = await GatewayProcess.StartAsync(node.Containerd.Address);
        await node.Containerd.StartAsync();
        await Wait.UntilAsync(async () => await ReadinessAsync(node.Gateway) is "200", "the first is ready");
        await Wait.UntilAsync(async () => (await ReadinessAsync(second)).Contains(Fault, StringComparison.Ordinal), "the second tells why it is not");

        await node.Gateway.TerminateAsync();
        await Wait.UntilAsync(async () => await ReadinessAsync(second) is "200", "the second takes its place");
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

    private static Task<string> SignalAsync(GatewayProcess gateway, string signal) => ChildProcess.RunAsync("kill", $"-{signal}", $"{gateway.Id}");

    private static async Task<string> ReadinessAsync(GatewayProcess gateway)
    {
        var answer = await gateway.Api.GetAsync("/healthz/ready");
        return (int)answer.Status is 200 ? "200" : answer.Text;
    }
}
