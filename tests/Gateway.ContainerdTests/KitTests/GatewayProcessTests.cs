using System.Net;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.KitTests;

public sealed class GatewayProcessTests(Daemons daemons)
{
    [Fact]
    public async Task Gateway_is_killed_started_again_and_ended_on_the_same_store()
    {
        var daemon = await daemons.OfAsync(Versions.All[0]);
        await using var gateway = await GatewayProcess.StartAsync(daemon.Address);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Api.GetAsync("/healthz/live")).Status);
        Assert.NotEmpty(gateway.LogEntries);
        Assert.InRange(gateway.MemoryBytes, 10L << 20, 1L << 30);
        Assert.InRange(gateway.PeakMemoryBytes, 10L << 20, 1L << 30);

        await gateway.KillAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => gateway.Api.GetAsync("/healthz/live"));
        await gateway.StartAsync();

        Assert.Equal(HttpStatusCode.OK, (await gateway.Api.GetAsync("/healthz/live")).Status);
        Assert.True(File.Exists(Path.Combine(gateway.Folder, "jobs.db")));
        Assert.Equal(0, await gateway.TerminateAsync());
    }

    [Fact]
    public async Task Child_dies_with_the_process_that_started_it()
    {
        // A child's child stands for a daemon: its parent is killed, and the kernel ends it.
        await using var parent = ChildProcess.Start("sh", ["-c", "setpriv --pdeathsig KILL -- sleep 600 & echo $!; wait"]);
        await Wait.UntilAsync(() => parent.Log.Contains('\n'), "the child has started");
        var folder = $"/proc/{parent.Log.Trim()}";
        Assert.True(Directory.Exists(folder));

        await parent.KillAsync();

        await Wait.UntilAsync(() => !Directory.Exists(folder) || File.ReadAllText(Path.Combine(folder, "stat")).Contains(") Z ", StringComparison.Ordinal), "the child is gone");
    }
}
