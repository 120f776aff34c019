using Gateway.TestKit;

namespace Gateway.ContainerdTests.Service;

public sealed class NodeTests(Nodes nodes)
{
    [Theory]
    [InlineData("1.6", false, false)]
    [InlineData("1.7", true, false)]
    [InlineData("2", true, true)]
    public async Task Node_tells_what_this_containerd_is_and_can_do(string version, bool transfer, bool verifiers)
    {
        var node = await nodes.NodeAsync(version);
        var view = (await node.Api.GetAsync("/v1/node")).Json;
        Assert.StartsWith(version, (string?)view["containerd"]!["version"]);
        Assert.Equal(transfer, (bool)view["capabilities"]!["transfer"]!);
        Assert.Equal(verifiers, (bool)view["capabilities"]!["imageVerifiers"]!);
        Assert.Equal(["native", "overlayfs"], view["snapshotters"]!.AsArray().Select(snapshotter => (string)snapshotter!["name"]!).Intersect(["native", "overlayfs"]));
        Assert.Contains(view["plugins"]!.AsArray(), plugin => (string?)plugin!["type"] == "io.containerd.content.v1" && (string?)plugin["status"] == "ok");
        Assert.True((long)view["gateway"]!["uptimeSeconds"]! >= 0);
        Assert.Equal("gateway", (string?)view["imageEngine"]!["name"]);
        Assert.True((bool)view["imageEngine"]!["usable"]!);
    }

    [Fact]
    public async Task Disk_use_is_what_the_store_holds()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        await using var node = await Node.StartAsync(Versions.Oldest);
        var image = TestImage.Small(90);
        await node.Api.PullAsync("use", new { reference = registry.Add("acme/app:1", image) });
        await node.Api.PullAsync("again", new { reference = registry.Add("acme/app:1", image) });
        var use = (await node.Api.GetAsync("/v1/node")).Json["diskUse"]!;
        Assert.Equal(image.Blobs.Values.Concat(image.Manifests.Values.Select(manifest => manifest.Bytes)).Sum(bytes => bytes.Length), (long)use["contentBytes"]!);
        Assert.True((long)use["snapshotBytes"]!["overlayfs"]! > 0);
    }
}
