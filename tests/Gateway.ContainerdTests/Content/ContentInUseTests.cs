using System.Net;
using System.Text.Json.Nodes;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Content;

/// <summary>What keeps a blob, and that what is kept is not deleted.</summary>
public sealed class ContentInUseTests(Nodes nodes)
{
    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Layer_is_kept_by_its_manifest_its_index_and_every_name(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("kept");
        var image = TestImage.Of(Layer.Of(Compression.Gzip, ("a", "a")), Layer.Of(Compression.Gzip, ("b", "b")));
        var index = TestImage.Index(docker: false, ("linux/amd64", image));
        var reference = registry.Add("acme/app:1", index);
        await node.Api.PullAsync(ns.Name, new { reference, platforms = new[] { "linux/amd64" } });
        await ns.CtrAsync("images", "tag", reference, "second");
        await ns.CtrAsync("leases", "create", "--id", "holds the index");
        await RawLeases.AddAsync(ns, "holds the index", "content", index.Digest);
        await ns.CtrAsync("containers", "create", reference, "c1");

        var layer = image.Layers[1].Digest;
        var references = (await node.Api.GetAsync(Blobs.PathOf(ns.Name, layer) + "/references")).Json;
        Assert.Equal(new[] { reference, "second" }.Order(StringComparer.Ordinal), Texts(references["images"]));
        Assert.Equal([image.Digest], Texts(references["parents"]));
        Assert.Equal(["holds the index"], Texts(references["leases"]));
        Assert.Equal(["c1"], Texts(references["containers"]));
        Assert.False((bool)references["truncated"]!);

        var refused = await node.DeleteAsync(Blobs.PathOf(ns.Name, layer));
        Assert.Equal((HttpStatusCode.Conflict, "content_in_use"), (refused.Status, refused.Code));
        Assert.Contains("image 'second'", (string?)refused.Json["detail"]);
        Assert.Contains(layer, await node.Ctr.BlobsAsync(ns.Name));
        await ns.CtrAsync("containers", "rm", "c1");
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Snapshots_and_leases_keep_a_blob_and_expired_ones_do_not(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("leased");
        var digest = await ns.PlantAsync(Blobs.Random(100, seed: 40));
        await RawLeases.CreateAsync(ns, "old", ("containerd.io/gc.expire", "2020-01-01T00:00:00Z"));
        await RawLeases.AddAsync(ns, "old", "content", digest);
        await ns.CtrAsync("leases", "create", "--id", "of a snapshot");
        await ns.CtrAsync("snapshots", "prepare", "work");
        await ns.CtrAsync("snapshots", "label", "work", $"containerd.io/gc.ref.content.base={digest}");
        await RawLeases.AddAsync(ns, "of a snapshot", "snapshots/overlayfs", "work");

        var references = (await node.Api.GetAsync(Blobs.PathOf(ns.Name, digest) + "/references")).Json;
        Assert.Equal(["of a snapshot"], Texts(references["leases"]));
        Assert.Equal("""[{"snapshotter":"overlayfs","key":"work"}]""", references["snapshots"]!.ToJsonString());
        Assert.Equal("content_in_use", (await node.DeleteAsync(Blobs.PathOf(ns.Name, digest))).Code);

        await ns.CtrAsync("snapshots", "rm", "work");
        Assert.Equal(204, (int)(await node.DeleteAsync(Blobs.PathOf(ns.Name, digest))).Status);
        Assert.Empty(await node.Ctr.BlobsAsync(ns.Name));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Blob_that_nothing_keeps_goes(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("free");
        var digest = await ns.PlantAsync(Blobs.Random(100, seed: 41));
        var references = (await node.Api.GetAsync(Blobs.PathOf(ns.Name, digest) + "/references")).Json;
        Assert.All(new[] { "images", "containers", "leases", "snapshots", "parents" }, list => Assert.Empty(references[list]!.AsArray()));

        Assert.Equal("precondition_failed", (await node.DeleteAsync(Blobs.PathOf(ns.Name, digest), ("If-Match", "\"x\""))).Code);
        Assert.Equal(204, (int)(await node.DeleteAsync(Blobs.PathOf(ns.Name, digest), ("If-Match", $"\"{digest}\""))).Status);
        Assert.Empty(await node.Ctr.BlobsAsync(ns.Name));
        Assert.Equal("not_found", (await node.DeleteAsync(Blobs.PathOf(ns.Name, digest))).Code);
    }

    [Fact]
    public async Task Force_is_for_admins()
    {
        var (key, sha256) = Gateway.Auth.ApiKeys.Make("writer");
        await using var node = await Node.StartAsync(Versions.Oldest, new Dictionary<string, string?>
        {
            ["Auth__ApiKeys__0__Id"] = "writer",
            ["Auth__ApiKeys__0__Sha256"] = sha256,
            ["Auth__ApiKeys__0__Grants__0__Permissions__0"] = "content:write",
            ["Auth__ApiKeys__0__Grants__0__Namespaces__0"] = "*",
        });
        using var writer = new GatewayApi(node.Gateway.Url, key);
        await using var ns = node.Containerd.NewNamespace("force");
        var child = await ns.PlantAsync([1]);
        await ns.PlantAsync([2], ("containerd.io/gc.root", "test"), ("containerd.io/gc.ref.content.0", child));

        var path = Blobs.PathOf(ns.Name, child);
        Assert.Equal("content_in_use", (await writer.SendAsync(HttpMethod.Delete, path)).Code);
        Assert.Equal("forbidden", (await writer.SendAsync(HttpMethod.Delete, path + "?force=true")).Code);
        Assert.Equal("forbidden", (await writer.GetAsync(path)).Code);
        Assert.Contains(child, await node.Ctr.BlobsAsync(ns.Name));
        Assert.Equal(204, (int)(await node.DeleteAsync(path + "?force=true")).Status);
        Assert.DoesNotContain(child, await node.Ctr.BlobsAsync(ns.Name));
    }

    [Fact]
    public async Task Circle_of_labels_ends()
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        await using var ns = node.Containerd.NewNamespace("circle");
        var (one, two) = (Layer.Hash([1]), Layer.Hash([2]));
        await ns.PlantAsync([1], ("containerd.io/gc.root", "test"), ("containerd.io/gc.ref.content/x", two));
        await ns.PlantAsync([2], ("containerd.io/gc.root", "test"), ("containerd.io/gc.ref.content", one));
        var references = (await node.Api.GetAsync(Blobs.PathOf(ns.Name, one) + "/references")).Json;
        Assert.Equal([two], Texts(references["parents"]));
        Assert.False((bool)references["truncated"]!);
    }

    private static IEnumerable<string> Texts(JsonNode? list) => list!.AsArray().Select(item => (string)item!);
}
