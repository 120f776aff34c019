using System.Text.Json.Nodes;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Lifecycle;

/// <summary>What stays: whatever anybody needs.</summary>
public sealed class PruneKeepsTests(Nodes nodes)
{
    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Image_of_a_container_stays_by_name_by_target_and_by_snapshot(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("containers");
        var reference = registry.Add("acme/app:1", TestImage.Small(380));
        var unused = registry.Add("acme/app:2", TestImage.Small(381));
        await node.Api.PullAsync(ns.Name, new { reference });
        await node.Api.PullAsync(ns.Name, new { reference = unused });
        await ns.CtrAsync("containers", "create", reference, "user");
        await ns.CtrAsync("images", "tag", reference, "second");

        var result = await PruneTests.PruneAsync(node, ns, new { });
        Assert.Equal([unused], PruneTests.Names(result));
        Assert.Equal([(reference, "usedByContainer"), ("second", "usedByContainer")], Kept(result));

        // The container's own name for its image is gone: only its snapshot tells.
        await ns.CtrAsync("images", "rm", reference);
        Assert.Equal([("second", "usedByContainer")], Kept(await PruneTests.PruneAsync(node, ns, new { })));

        await ns.CtrAsync("containers", "rm", "user");
        Assert.Equal(["second"], PruneTests.Names(await PruneTests.PruneAsync(node, ns, new { })));
        Assert.Empty(await ns.ViolationsAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task What_somebody_leases_stays_and_so_does_the_lease(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("leases");
        var images = Enumerable.Range(0, 3).Select(i => TestImage.Small(385 + i)).ToArray();
        var references = images.Select((image, i) => registry.Add($"acme/app:{i}", image)).ToArray();
        foreach (var reference in references)
        {
            await node.Api.PullAsync(ns.Name, new { reference });
        }

        await ns.CtrAsync("leases", "create", "--id", "layer");
        await RawLeases.AddAsync(ns, "layer", "content", images[0].Layers[0].Digest);
        await ns.CtrAsync("leases", "create", "--id", "snapshot");
        await RawLeases.AddAsync(ns, "snapshot", "snapshots/overlayfs", images[1].ChainIds[0]);

        var result = await PruneTests.PruneAsync(node, ns, new { });

        Assert.Equal([references[2]], PruneTests.Names(result));
        Assert.Equal([(references[0], "leased"), (references[1], "leased")], Kept(result));
        Assert.Equal(["layer", "snapshot"], (await node.Ctr.LeasesAsync(ns.Name)).Order());
        Assert.Equal(references[..2], await node.Ctr.ImagesAsync(ns.Name));
        await ns.CtrAsync("leases", "rm", "layer", "snapshot");
        Assert.Equal(references[..2], PruneTests.Names(await PruneTests.PruneAsync(node, ns, new { })));
        Assert.Empty(await ns.ViolationsAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Image_that_an_unfinished_job_names_stays(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("jobs");
        var (reference, unused) = (registry.Add("acme/app:1", TestImage.Small(390)), registry.Add("acme/app:2", TestImage.Small(391)));
        await node.Api.PullAsync(ns.Name, new { reference });
        await node.Api.PullAsync(ns.Name, new { reference = unused });
        var held = new TaskCompletionSource();
        registry.Script = async _ =>
        {
            await held.Task;
            return false;
        };
        var job = await node.Api.StartPullAsync(ns.Name, new { reference });

        var result = await PruneTests.PruneAsync(node, ns, new { });

        held.SetResult();
        Assert.Equal([unused], PruneTests.Names(result));
        Assert.Equal([(reference, "neededByJob")], Kept(result));
        Assert.Equal("succeeded", (string?)(await node.Api.EndOfAsync((string)job["id"]!))["state"]);
        Assert.Empty(await ns.ViolationsAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Image_that_a_running_push_names_stays_and_is_pushed(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("jobs");
        var image = TestImage.Small(396);
        var (reference, unused) = (registry.Add("acme/app:1", image), registry.Add("acme/app:2", TestImage.Small(397)));
        await node.Api.PullAsync(ns.Name, new { reference });
        await node.Api.PullAsync(ns.Name, new { reference = unused });
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var held = new TaskCompletionSource();
        registry.Script = async _ =>
        {
            reached.TrySetResult();
            await held.Task;
            return false;
        };
        var job = await node.Api.StartPushAsync(ns.Name, new { reference, target = $"{registry.Host}/acme/copy:1" });
        await reached.Task.WaitAsync(TimeSpan.FromMinutes(1));

        var result = await PruneTests.PruneAsync(node, ns, new { });

        held.SetResult();
        Assert.Equal([unused], PruneTests.Names(result));
        Assert.Equal([(reference, "neededByJob")], Kept(result));
        Assert.Equal("succeeded", (string?)(await node.Api.EndOfAsync((string)job["id"]!))["state"]);
        Assert.Equal(image.Digest, registry.Pushed.Find("acme/copy", "1")!.Digest);
        Assert.Empty(await ns.ViolationsAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Kubernetes_records_of_an_image_go_together_or_stay_together(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        await using var node = await Node.StartAsync(version);
        await using var ns = new ContainerdNamespace(node.Containerd, "k8s.io");
        await node.ProtectAsync(ns.Name);
        var images = Enumerable.Range(0, 3).Select(i => TestImage.Small(392 + i)).ToArray();
        var names = images.Select((image, i) => registry.Add($"acme/app:{i}", image)).ToArray();
        for (var i = 0; i < 3; i++)
        {
            await node.Api.PullAsync(ns.Name, new { reference = names[i] });
            await ns.CtrAsync("images", "tag", names[i], $"{registry.Host}/acme/app@{images[i].Digest}", images[i].ConfigDigest);
        }

        await ns.CtrAsync("images", "label", images[0].ConfigDigest, "io.cri-containerd.pinned=pinned");
        await ns.CtrAsync("containers", "create", images[1].ConfigDigest, "pod");

        // Only one record of each matches, but no image is left in part.
        var result = await PruneTests.PruneAsync(node, ns, new { filter = "name~=acme/app:" });

        Assert.Equal(3, PruneTests.Names(result).Length);
        Assert.All(result["images"]!.AsArray(), image => Assert.Equal(images[2].Digest, (string?)image!["digest"]));
        Assert.Equal(3, Kept(result).Count(kept => kept.Reason is "pinned"));
        Assert.Equal(3, Kept(result).Count(kept => kept.Reason is "usedByContainer"));
        Assert.Equal(6, (await node.Ctr.ImagesAsync(ns.Name)).Length);
        Assert.Empty(PruneTests.Names(await PruneTests.PruneAsync(node, ns, new { unused = false, dryRun = true })));
        await ns.CtrAsync("containers", "rm", "pod");
    }

    private static (string Name, string Reason)[] Kept(JsonObject result) =>
        [.. result["keptImages"]!.AsArray().Select(kept => ((string)kept!["name"]!, (string)kept["reason"]!))];
}
