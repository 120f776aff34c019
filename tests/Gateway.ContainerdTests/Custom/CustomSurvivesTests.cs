using Gateway.TestKit;

namespace Gateway.ContainerdTests.Custom;

/// <summary>Kills and cancels in the middle. Each test has a node of its own.</summary>
public sealed class CustomSurvivesTests(Nodes nodes)
{
    private const string Ns = "survives";
    private const string Name = "docker.io/acme/late:1";
    private static readonly Layer Large = Layer.Random(40_000_000, 9);

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Killed_gateway_makes_the_image_after_its_restart(string version)
    {
        await using var node = await Node.StartAsync(version);
        var commit = await StartCommitAsync(node);
        await node.Gateway.KillAsync();
        await node.Gateway.StartAsync();
        var job = await node.Api.EndOfAsync(commit);
        Assert.True((string?)job["state"] is "succeeded", job.ToJsonString() + node.Gateway.Log);
        Assert.True((int)job["attempt"]! > 1, job.ToJsonString());
        await IsWholeAsync(node);

        var compose = await StartComposeAsync(node);
        await node.Gateway.KillAsync();
        await node.Gateway.StartAsync();
        job = await node.Api.EndOfAsync(compose);
        Assert.True((string?)job["state"] is "succeeded", job.ToJsonString() + node.Gateway.Log);
        await IsWholeAsync(node);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Canceled_job_leaves_nothing(string version)
    {
        await using var node = await Node.StartAsync(version);
        foreach (var start in new Func<Node, Task<string>>[] { StartCommitAsync, StartComposeAsync })
        {
            var id = await start(node);
            Assert.Equal(202, (int)(await node.Api.PostAsync($"/v1/jobs/{id}/cancel")).Status);
            Assert.Equal("canceled", (string?)(await node.Api.EndOfAsync(id))["state"]);
            Assert.DoesNotContain(Name, await node.Ctr.ImagesAsync(Ns));
            await RemoveWorkAsync(node);
            Assert.Empty(await Invariants.CheckAsync(node.Containerd, Ns));
        }
    }

    // Returns when the daemon is at work on the layer.
    private async Task<string> StartCommitAsync(Node node)
    {
        var from = CustomCalls.Base();
        var @base = await nodes.BringAsync(node, Ns, from);
        await node.Ctr.ChangeAsync(Ns, "work", from.ChainIds[^1], "head -c 60000000 /dev/urandom > large");
        var id = await node.Api.StartAsync("commit", Ns, new { snapshotter = "overlayfs", snapshot = "work", @base, reference = Name });
        await Wait.UntilAsync(async () => (await node.Ctr.IngestRefsAsync(Ns)).Any(ingest => ingest.StartsWith("commit-", StringComparison.Ordinal)), "containerd writes the layer");
        return id;
    }

    private async Task<string> StartComposeAsync(Node node)
    {
        await nodes.BringAsync(node, Ns, TestImage.Of(Large), unpack: false);
        return await node.Api.StartAsync("compose", Ns, new { reference = Name, layers = new[] { new { digest = Large.Digest } } });
    }

    private static async Task IsWholeAsync(Node node)
    {
        Assert.Matches(Ctr.Complete, await node.Ctr.CheckAsync(Ns, Name));
        await RemoveWorkAsync(node);
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, Ns));
    }

    private static async Task RemoveWorkAsync(Node node)
    {
        if ((await node.Ctr.SnapshotsAsync(Ns)).Any(snapshot => snapshot.Key is "work"))
        {
            await node.Ctr.RemoveSnapshotAsync(Ns, "work");
        }
    }
}
