using System.Net;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Network;

/// <summary>A daemon that is not there at the start is judged when it is.</summary>
public sealed class LateContainerdTests
{
    [Fact]
    public async Task Daemon_that_comes_late_is_judged_then_and_readiness_tells_why_it_is_not_taken()
    {
        var folder = Repo.NewFolder("late");
        var address = Path.Combine(folder, "containerd.sock");
        try
        {
            await using var gateway = await GatewayProcess.StartAsync(address);
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "failed"), await ReadinessAsync(gateway));

            await using (await FakeContainerd.StartAsync(address, "v3.1.0"))
            {
                await Wait.UntilAsync(async () => (await ReadinessAsync(gateway)).Reason is not "failed", "the daemon is judged");
                Assert.Equal((HttpStatusCode.ServiceUnavailable, "failed: containerd v3.1.0 is not supported: 1.6 to 2.x are"), await ReadinessAsync(gateway));
                Assert.Single(gateway.LogEntries, entry => entry.ToJsonString().Contains("Not ready", StringComparison.Ordinal));
            }

            File.Delete(address);
            await using var supported = await FakeContainerd.StartAsync(address, "v2.3.0");
            await Wait.UntilAsync(async () => await ReadinessAsync(gateway) is (HttpStatusCode.OK, "ok"), "the daemon is taken");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<(HttpStatusCode Status, string? Reason)> ReadinessAsync(GatewayProcess gateway)
    {
        var answer = await gateway.Api.GetAsync("/healthz/ready");
        return (answer.Status, (string?)answer.Json["checks"]!["containerd"]);
    }
}
