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

    private static async Task<string> ReadinessAsync(GatewayProcess gateway)
    {
        var answer = await gateway.Api.GetAsync("/healthz/ready");
        return (int)answer.Status is 200 ? "200" : answer.Text;
    }
}
