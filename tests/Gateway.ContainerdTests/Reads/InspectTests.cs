using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Gateway.Containerd;
using Gateway.Containerd.Types;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Reads;

public sealed class InspectTests(Nodes nodes)
{
    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Sizes_count_each_blob_and_snapshot_once_and_agree_with_ctr(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("sizes");
        var shared = Layer.Of(Compression.Gzip, ("shared", new string('s', 10_000)));
        var one = TestImage.Of([shared, Layer.Of(Compression.Gzip, ("one", "1")), shared], docker: false);
        var two = TestImage.Of([shared, Layer.Of(Compression.Gzip, ("two", "2"))], docker: false, "linux/arm64");
        var reference = registry.Add("acme/app:1", TestImage.Index(docker: false, ("linux/amd64", one), ("linux/arm64", two)));
        await node.Api.PullAsync(ns.Name, new { reference, allPlatforms = true });

        var image = await ImageAsync(node, ns.Name, reference);

        var blobs = (await ns.CtrAsync("content", "ls")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(row => row.Split('\t', StringSplitOptions.RemoveEmptyEntries)[0]).ToArray();
        var content = blobs.Sum(digest => new FileInfo(node.Containerd.BlobPath(digest)).Length);
        Assert.Equal(content, (long)image["contentSizeBytes"]!);
        Assert.Equal(content, (long)image["compressedSizeBytes"]!);
        var usage = await SnapshotUsageAsync(ns);
        Assert.Equal(usage, (long)image["unpackedSizeBytes"]!);
        var amd = image["platforms"]![0]!;
        Assert.Equal(one.Blobs.Values.Sum(blob => blob.Length) + one.Manifests[one.Digest].Bytes.Length, (long)amd["contentSizeBytes"]!);
        Assert.True((long)amd["unpackedSizeBytes"]! < usage);
        if (version is not "1.6")
        {
            // It shows the snapshots of this machine's platform. overlayfs counts blocks of 4 KiB, so the KiB are whole.
            var shown = await ns.CtrAsync("images", "usage", "--snapshotter", "overlayfs", reference);
            var kib = Regex.Matches(shown, @"([\d.]+) KiB").Sum(match => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
            Assert.Equal(kib * 1024, (long)amd["unpackedSizeBytes"]!);
        }

        Assert.Empty(await ns.ViolationsAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Records_are_shown_as_what_they_are_also_those_of_a_kubelet(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("kinds");
        var image = TestImage.Small(301);
        var reference = registry.Add("acme/app:1", image);
        await node.Api.PullAsync(ns.Name, new { reference });
        using var containerd = new ContainerdClient(node.Containerd.Address);
        var target = new ContentDescriptor { MediaType = image.MediaType, Digest = image.Digest, Size = image.Manifests[image.Digest].Bytes.Length };
        var byDigest = $"{reference.Split(":1")[0]}@{image.Digest}";
        foreach (var name in new[] { byDigest, image.ConfigDigest, "odd name" })
        {
            await containerd.In(ns.Name).PutImageAsync(name, target, new Dictionary<string, string> { ["io.cri-containerd.image"] = "managed" }, CancellationToken.None);
        }

        foreach (var (name, kind) in new[] { (reference, "tag"), (byDigest, "digest"), (image.ConfigDigest, "configId"), ("odd name", "other") })
        {
            var view = await ImageAsync(node, ns.Name, Uri.EscapeDataString(name));
            Assert.Equal((name, kind, image.Digest), ((string)view["name"]!, (string)view["kind"]!, (string)view["target"]!["digest"]!));
            Assert.Equal(kind is "tag" ? null : "managed", (string?)view["labels"]!["io.cri-containerd.image"]);
            Assert.True((bool)view["available"]!);
        }
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Image_without_its_content_is_shown_with_what_is_left(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("gone");
        var inner = TestImage.Index(docker: true, ("linux/arm64", TestImage.Small(302, "linux/arm64")));
        var amd = TestImage.Small(303);
        var index = TestImage.Index(docker: false, ("linux/amd64", amd), (null, inner));
        var reference = registry.Add("acme/app:1", index);
        await node.Api.PullAsync(ns.Name, new { reference, allPlatforms = true });
        Assert.Equal(["linux/amd64", "linux/arm64"], (await ImageAsync(node, ns.Name, reference))["platforms"]!.AsArray().Select(platform => (string)platform!["platform"]!));

        // Each answer before makes the next one wrong if it is kept too long.
        await ns.CtrAsync("content", "rm", amd.Layers[0].Digest);
        var view = await ImageAsync(node, ns.Name, reference);
        Assert.False((bool)view["platforms"]![0]!["available"]!);
        Assert.False((bool)view["platforms"]![0]!["layers"]![0]!["present"]!);
        Assert.True((bool)view["available"]!);
        Assert.Equal((long)view["compressedSizeBytes"]! - amd.Layers[0].Bytes.Length, (long)view["contentSizeBytes"]!);
        await ns.CtrAsync("content", "rm", amd.ConfigDigest);
        view = await ImageAsync(node, ns.Name, reference);
        Assert.Null(view["platforms"]![0]!["config"]);
        Assert.NotNull(view["platforms"]![0]!["configDescriptor"]);
        await ns.CtrAsync("content", "rm", amd.Digest);
        view = await ImageAsync(node, ns.Name, reference);
        Assert.Null(view["platforms"]![0]!["layers"]);
        Assert.Equal(amd.Digest, (string?)view["platforms"]![0]!["manifest"]!["digest"]);
        await ns.CtrAsync("content", "rm", index.Digest);
        view = await ImageAsync(node, ns.Name, reference);
        Assert.Empty(view["platforms"]!.AsArray());
        Assert.False((bool)view["available"]!);
        Assert.Equal(0, (long)view["contentSizeBytes"]!);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Artifact_is_shown_as_one(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("artifact");
        var reference = registry.Add("acme/thing:1", TestImage.Artifact([1, 2, 3]));
        await node.Api.PullAsync(ns.Name, new { reference, unpack = false });
        var platform = (await ImageAsync(node, ns.Name, reference))["platforms"]![0]!;
        Assert.Equal("application/vnd.example.thing", (string?)platform["artifactType"]);
        Assert.Null(platform["config"]);
        Assert.Equal("application/vnd.example.thing.data", (string?)platform["layers"]![0]!["mediaType"]);
        Assert.Null(platform["layers"]![0]!["diffId"]);
        Assert.True((bool)platform["available"]!);
    }

    [Fact]
    public async Task Head_answers_as_get_does_without_a_body()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(Versions.All[0]);
        await using var ns = node.Containerd.NewNamespace("head");
        var reference = registry.Add("acme/app:1", TestImage.Small(304));
        await node.Api.PullAsync(ns.Name, new { reference });
        foreach (var path in new[] { $"/v1/namespaces/{ns.Name}/images", $"/v1/namespaces/{ns.Name}/images/{reference}" })
        {
            var get = await node.Api.GetAsync(path);
            var head = await node.Api.SendAsync(HttpMethod.Head, path);
            Assert.Equal((get.Status, get.MediaType, get.Headers.ETag, ""), (head.Status, head.MediaType, head.Headers.ETag, head.Text));
            if (get.Headers.ETag is { } etag)
            {
                Assert.Equal(304, (int)(await node.Api.SendAsync(HttpMethod.Head, path, null, ("If-None-Match", etag.ToString()))).Status);
                Assert.Equal(304, (int)(await node.Api.SendAsync(HttpMethod.Get, path, null, ("If-None-Match", $"W/{etag}"))).Status);
            }
        }

        Assert.Equal(404, (int)(await node.Api.SendAsync(HttpMethod.Head, $"/v1/namespaces/{ns.Name}/images/absent")).Status);
    }

    private static async Task<JsonObject> ImageAsync(Node node, string ns, string reference) => (await node.Api.GetAsync($"/v1/namespaces/{ns}/images/{reference}")).Json;

    // The sum of "ctr snapshots usage", in bytes.
    private static async Task<long> SnapshotUsageAsync(ContainerdNamespace ns)
    {
        var sum = 0L;
        foreach (var snapshot in await ns.Daemon.Ctr.SnapshotsAsync(ns.Name))
        {
            var row = (await ns.CtrAsync("snapshots", "--snapshotter", "overlayfs", "usage", "-b", snapshot.Key)).Split('\n')[1];
            sum += long.Parse(row.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture);
        }

        return sum;
    }
}
