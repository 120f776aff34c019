using Gateway.TestKit;

namespace Gateway.ContainerdTests.Service;

public sealed class ImagesTests(Nodes nodes)
{
    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Image_tells_all_that_is_known_of_its_platforms(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        var ns = nodes.NewName("inspect");
        var amd = TestImage.Of(Layer.Of(Compression.Gzip, ("a", "a")), Layer.Of(Compression.Zstd, ("b", "b")));
        var arm = TestImage.Small(70, "linux/arm64");
        var index = TestImage.Index(docker: false, ("linux/amd64", amd), ("linux/arm64", arm));
        var reference = registry.Add("acme/app:1", index);
        await node.Api.PullAsync(ns, new { reference, platforms = new[] { "linux/amd64" } });

        var image = (await node.Api.GetAsync($"/v1/namespaces/{ns}/images/{reference}")).Json;

        Assert.Equal(index.Digest, (string?)image["target"]!["digest"]);
        var here = image["platforms"]!.AsArray().Single(platform => (string?)platform!["platform"] == "linux/amd64")!;
        Assert.True((bool)here["available"]!);
        Assert.True((bool)here["unpacked"]!["overlayfs"]!);
        Assert.False((bool)here["unpacked"]!["native"]!);
        Assert.Equal(amd.ChainIds, here["layers"]!.AsArray().Select(layer => (string)layer!["chainId"]!));
        Assert.Equal(amd.Layers.Select(layer => layer.DiffId), here["layers"]!.AsArray().Select(layer => (string)layer!["diffId"]!));
        Assert.All(here["layers"]!.AsArray(), layer => Assert.True((bool)layer!["present"]!));
        Assert.Equal("/bin/true", (string?)here["config"]!["cmd"]![0]);
        Assert.Equal(2, here["history"]!.AsArray().Count);
        Assert.Equal(amd.Blobs.Values.Sum(blob => blob.Length) + amd.Manifests[amd.Digest].Bytes.Length, (long)here["compressedSizeBytes"]!);
        Assert.True((long)here["unpackedSizeBytes"]! > 0);
        var absent = image["platforms"]!.AsArray().Single(platform => (string?)platform!["platform"] == "linux/arm64")!;
        Assert.False((bool)absent["available"]!);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Image_that_is_only_partly_here_is_shown_as_such(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        var ns = nodes.NewName("partly");
        var image = TestImage.Of(Layer.Of(Compression.Gzip, ("a", "a")), Layer.Of(Compression.Gzip, ("b", "b")));
        var reference = registry.Add("acme/app:1", image);
        await node.Api.PullAsync(ns, new { reference });
        await node.Ctr.RunAsync(ns, "content", "rm", image.Layers[1].Digest);

        var platform = (await node.Api.GetAsync($"/v1/namespaces/{ns}/images/{reference}")).Json["platforms"]![0]!;
        Assert.False((bool)platform["available"]!);
        Assert.Equal([true, false], platform["layers"]!.AsArray().Select(layer => (bool)layer!["present"]!));

        await node.Ctr.RunAsync(ns, "content", "rm", image.Digest);
        platform = (await node.Api.GetAsync($"/v1/namespaces/{ns}/images/{reference}")).Json["platforms"]![0]!;
        Assert.False((bool)platform["available"]!);
        Assert.Null(platform["layers"]);
    }

    [Fact]
    public async Task Name_is_found_raw_encoded_and_short()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(Versions.Oldest);
        var ns = nodes.NewName("names");
        var reference = registry.Add("acme/app:latest", TestImage.Small(71));
        await node.Api.PullAsync(ns, new { reference });
        foreach (var path in new[] { reference, Uri.EscapeDataString(reference), reference.Replace(":latest", "", StringComparison.Ordinal) })
        {
            Assert.Equal(reference, (string?)(await node.Api.GetAsync($"/v1/namespaces/{ns}/images/{path}")).Json["name"]);
        }

        await node.Ctr.RunAsync(ns, "images", "tag", reference, "odd name");
        Assert.Equal("odd name", (string?)(await node.Api.GetAsync($"/v1/namespaces/{ns}/images/odd%20name")).Json["name"]);
        var missing = await node.Api.GetAsync($"/v1/namespaces/{ns}/images/alpine");
        Assert.Equal((404, "image_not_found"), ((int)missing.Status, missing.Code));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Deleting_the_last_name_frees_the_bytes_and_one_of_two_frees_nothing(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        var ns = nodes.NewName("delete");
        var image = TestImage.Small(72);
        var reference = registry.Add("acme/app:1", image);
        await node.Api.PullAsync(ns, new { reference });
        await node.Ctr.RunAsync(ns, "images", "tag", reference, "second");
        var etag = (await node.Api.GetAsync($"/v1/namespaces/{ns}/images/{reference}")).Headers.ETag!.ToString();

        Assert.Equal(412, (int)(await node.Api.SendAsync(HttpMethod.Delete, $"/v1/namespaces/{ns}/images/{reference}?sync=true", null, ("If-Match", "\"x\""))).Status);
        Assert.Equal(204, (int)(await node.Api.SendAsync(HttpMethod.Delete, $"/v1/namespaces/{ns}/images/{reference}?sync=true", null, ("If-Match", etag))).Status);
        Assert.Contains(image.Layers[0].Digest, await node.Ctr.BlobsAsync(ns));
        Assert.Equal(204, (int)(await node.Api.SendAsync(HttpMethod.Delete, $"/v1/namespaces/{ns}/images/second?sync=true")).Status);
        Assert.Empty(await node.Ctr.BlobsAsync(ns));
        Assert.Empty(await node.Ctr.SnapshotsAsync(ns));
    }

    [Fact]
    public async Task List_filters_pages_and_shows_all_with_view_full()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(Versions.Oldest);
        var ns = nodes.NewName("list");
        for (var i = 0; i < 3; i++)
        {
            await node.Api.PullAsync(ns, new { reference = registry.Add($"acme/app:{i}", TestImage.Small(80 + i)) });
        }

        var page = (await node.Api.GetAsync($"/v1/namespaces/{ns}/images?pageSize=2")).Json;
        Assert.Equal(2, page["items"]!.AsArray().Count);
        var rest = (await node.Api.GetAsync($"/v1/namespaces/{ns}/images?pageSize=2&pageToken={page["nextPageToken"]}")).Json;
        Assert.EndsWith("app:2", (string?)rest["items"]!.AsArray().Single()!["name"]);
        var filtered = (await node.Api.GetAsync($"/v1/namespaces/{ns}/images?filter={Uri.EscapeDataString("name~=app:1$")}&view=full")).Json["items"]!.AsArray();
        Assert.True((bool)Assert.Single(filtered)!["platforms"]![0]!["available"]!);
        Assert.Empty((await node.Api.GetAsync("/v1/namespaces/never-seen/images")).Json["items"]!.AsArray());
        Assert.Equal(400, (int)(await node.Api.GetAsync($"/v1/namespaces/{ns}/images?filter={Uri.EscapeDataString("name==")}")).Status);
    }
}
