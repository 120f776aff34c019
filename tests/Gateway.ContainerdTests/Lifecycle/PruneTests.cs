using System.Net;
using System.Text.Json.Nodes;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Lifecycle;

/// <summary>What goes.</summary>
public sealed class PruneTests(Nodes nodes)
{
    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Prune_removes_what_nothing_uses_and_the_dry_run_told_it_before(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("prune");
        var shared = Layer.Random(40_000, 360);
        var images = Enumerable.Range(0, 3).Select(i => TestImage.Of(shared, Layer.Random(20_000, 361 + i))).ToArray();
        var references = images.Select((image, i) => registry.Add($"acme/app:{i}", image)).ToArray();
        foreach (var reference in references)
        {
            await node.Api.PullAsync(ns.Name, new { reference });
        }

        await ns.CtrAsync("containers", "create", references[2], "user");
        var dry = await PruneAsync(node, ns, new { dryRun = true });
        Assert.Equal(references[..2], Names(dry));
        Assert.Equal(references, await node.Ctr.ImagesAsync(ns.Name));
        var before = await UsageAsync(node, ns, images);

        var result = await PruneAsync(node, ns, new { });

        Assert.Equal(references[..2], Names(result));
        Assert.Equal((2, 1, false), ((int)result["pruned"]!, (int)result["kept"]!, (bool)result["dryRun"]!));
        Assert.Equal("unused", (string?)result["images"]![0]!["reason"]);
        Assert.Equal(images[0].Digest, (string?)result["images"]![0]!["digest"]);
        Assert.NotNull(result["images"]![0]!["createdAt"]);
        Assert.Equal([references[2]], await node.Ctr.ImagesAsync(ns.Name));
        Assert.Equal(images[2].Blobs.Keys.Append(images[2].Digest).Order(), (await node.Ctr.BlobsAsync(ns.Name)).Order());
        Assert.All(images[..2], image => Assert.False(File.Exists(node.Containerd.BlobPath(image.Layers[1].Digest))));
        Assert.Equal((long)dry["bytesFreed"]!, (long)result["bytesFreed"]!);
        Assert.Equal(before - await UsageAsync(node, ns, images), (long)result["bytesFreed"]!);
        Assert.Equal(0, (long)(await PruneAsync(node, ns, new { }))["bytesFreed"]!);

        await ns.CtrAsync("containers", "rm", "user");
        await PruneAsync(node, ns, new { });
        Assert.Empty(await node.Ctr.BlobsAsync(ns.Name));
        Assert.Empty(await ns.ViolationsAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Filter_age_and_missing_tags_choose(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("choose");
        var image = TestImage.Small(370);
        var tagged = registry.Add("acme/tagged:1", image);
        var byDigest = registry.Add("acme/untagged:1", TestImage.Small(371)).Replace(":1", "", StringComparison.Ordinal) + "@" + TestImage.Small(371).Digest;
        await node.Api.PullAsync(ns.Name, new { reference = tagged, labels = new { team = "a" } });
        await ns.CtrAsync("images", "pull", "--plain-http", registry.Add("acme/untagged:1", TestImage.Small(371)));
        await ns.CtrAsync("images", "tag", $"{registry.Host}/acme/untagged:1", byDigest);
        await ns.CtrAsync("images", "rm", $"{registry.Host}/acme/untagged:1");

        Assert.Empty(Names(await PruneAsync(node, ns, new { dryRun = true, olderThan = "1h" })));
        Assert.Equal(2, Names(await PruneAsync(node, ns, new { dryRun = true, olderThan = "0s" })).Length);
        Assert.Equal([tagged], Names(await PruneAsync(node, ns, new { dryRun = true, filter = "labels.team==a" })));
        Assert.Equal([tagged], Names(await PruneAsync(node, ns, new { dryRun = true, filter = new[] { "name~=nobody", "name~=tagged:" } })));
        Assert.Empty(Names(await PruneAsync(node, ns, new { dryRun = true, filter = "labels.team==a,name~=nobody" })));
        var untagged = await PruneAsync(node, ns, new { unused = false });
        Assert.Equal([byDigest], Names(untagged));
        Assert.Equal("untagged", (string?)untagged["images"]![0]!["reason"]);
        Assert.Equal([tagged], await node.Ctr.ImagesAsync(ns.Name));
        Assert.Empty(await ns.ViolationsAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Age_tells_old_from_new_and_begins_anew_with_each_change(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("age");
        var (old, young) = (registry.Add("acme/old:1", TestImage.Small(372)), registry.Add("acme/young:1", TestImage.Small(373)));
        await node.Api.PullAsync(ns.Name, new { reference = old });
        var pulled = DateTimeOffset.UtcNow;
        await Task.Delay(TimeSpan.FromSeconds(4));
        await node.Api.PullAsync(ns.Name, new { reference = young });

        // However long the second pull took: the old one is older than this, and the young one stays younger for three seconds.
        var olderThan = $"{(int)(DateTimeOffset.UtcNow - pulled).TotalSeconds}s";
        Assert.Equal([old], Names(await PruneAsync(node, ns, new { dryRun = true, olderThan })));
        await ns.CtrAsync("images", "label", old, "touched=yes");
        Assert.Empty(Names(await PruneAsync(node, ns, new { dryRun = true, olderThan, filter = $"name=={old}" })));
        Assert.Equal([old, young], await node.Ctr.ImagesAsync(ns.Name));
        Assert.Empty(await ns.ViolationsAsync());
    }

    [Fact]
    public async Task Empty_namespace_is_pruned_of_nothing_and_does_not_come_to_be()
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        await using var ns = node.Containerd.NewNamespace("nothing");
        var result = await PruneAsync(node, ns, new { });
        Assert.Equal((0, 0, 0), ((int)result["pruned"]!, (int)result["kept"]!, (long)result["bytesFreed"]!));
        Assert.DoesNotContain(ns.Name, await node.Ctr.NamespacesAsync());
    }

    [Fact]
    public async Task Prune_is_a_job_and_a_broken_filter_is_refused_before_one_starts()
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        await using var ns = node.Containerd.NewNamespace("job");
        var accepted = await node.Api.PostAsync(Path(ns), new { olderThan = "24h" });
        Assert.Equal(HttpStatusCode.Accepted, accepted.Status);
        Assert.Equal("image.prune", (string?)accepted.Json["kind"]);
        Assert.Equal("succeeded", (string?)(await node.Api.EndOfAsync((string)accepted.Json["id"]!))["state"]);
        var broken = await node.Api.PostAsync(Path(ns), new { filter = new[] { "name~=ok", "name==" } });
        Assert.Equal(HttpStatusCode.BadRequest, broken.Status);
        Assert.True(broken.Json["errors"]!.AsObject().ContainsKey("filter"), broken.Text);
    }

    internal static async Task<JsonObject> PruneAsync(Node node, ContainerdNamespace ns, object request)
    {
        var answer = await node.Api.PostAsync(Path(ns), request, ("Prefer", "wait=60"));
        Assert.True(answer.Status is HttpStatusCode.OK && (string?)answer.Json["state"] is "succeeded", answer.Text);
        return answer.Json["result"]!.AsObject();
    }

    internal static string[] Names(JsonObject result) => [.. result["images"]!.AsArray().Select(image => (string)image!["name"]!)];

    internal static string Path(ContainerdNamespace ns) => $"/v1/namespaces/{ns.Name}/images/prune";

    // Blobs by their files, snapshots as ctr tells them.
    private static async Task<long> UsageAsync(Node node, ContainerdNamespace ns, IEnumerable<TestImage> images)
    {
        var blobs = (await node.Ctr.BlobsAsync(ns.Name)).Sum(digest => new FileInfo(node.Containerd.BlobPath(digest)).Length);
        var here = (await node.Ctr.SnapshotsAsync(ns.Name)).Select(snapshot => snapshot.Key).ToHashSet();
        var snapshots = 0L;
        foreach (var key in images.SelectMany(image => image.ChainIds).Distinct().Where(here.Contains))
        {
            var row = (await ns.CtrAsync("snapshots", "usage", "-b", key)).Split('\n')[1];
            snapshots += long.Parse(row.Split(' ', '\t').Where(part => part.Length > 0).ElementAt(1), System.Globalization.CultureInfo.InvariantCulture);
        }

        return blobs + snapshots;
    }
}
