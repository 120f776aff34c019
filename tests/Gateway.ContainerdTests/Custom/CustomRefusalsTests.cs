using System.Text;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Custom;

/// <summary>What cannot be made is refused with its own code, and leaves nothing.</summary>
public sealed class CustomRefusalsTests(Nodes nodes)
{
    private static readonly string Absent = "sha256:" + new string('a', 64);

    /// <summary>Call, body, and what the answer must name.</summary>
    public static TheoryData<string, string, string, int, string> Bodies => new()
    {
        { "commit", "{}", "invalid_request", 400, "reference" },
        { "commit", "{\"reference\":\"a\"}", "invalid_request", 400, "snapshot" },
        { "commit", "{\"reference\":\"a\",\"container\":\"c\",\"snapshot\":\"s\"}", "invalid_request", 400, "container" },
        { "commit", "{\"reference\":\"a\",\"container\":\"c\",\"pause\":true}", "invalid_request", 400, "pause" },
        { "commit", "{\"reference\":\"a\",\"container\":\"c\",\"config\":{\"shell\":[]}}", "invalid_request", 400, "config.shell" },
        { "commit", "{\"reference\":\"a\",\"container\":\"c\",\"config\":{\"env\":[\"A\"]}}", "invalid_request", 400, "config.env[0]" },
        { "commit", "{\"reference\":\"a\",\"container\":\"c\",\"config\":{\"labels\":{\"containerd.io/restart.status\":\"running\"}}}", "reserved_label", 403, "restart.status" },
        { "commit", "{\"reference\":\"a\",\"container\":\"absent\"}", "not_found", 404, "absent" },
        { "commit", "{\"reference\":\"a\",\"snapshotter\":\"overlayfs\",\"snapshot\":\"absent\",\"base\":\"b\"}", "not_found", 404, "absent" },
        { "commit", "{\"reference\":\"a\",\"snapshotter\":\"nosuch\",\"snapshot\":\"s\",\"base\":\"b\"}", "snapshotter_not_found", 422, "nosuch" },
        { "compose", "{\"reference\":\"a\"}", "invalid_request", 400, "layers" },
        { "compose", "{\"reference\":\"a\",\"layers\":null}", "invalid_request", 400, "layers" },
        { "compose", "{\"reference\":\"a\",\"layers\":[null]}", "invalid_request", 400, "layers[0]" },
        { "compose", "{\"reference\":\"a\",\"layers\":[{\"digest\":\"x\"}]}", "invalid_request", 400, "layers[0].digest" },
        { "compose", "{\"reference\":\"a\",\"layers\":[],\"base\":\"absent\"}", "image_not_found", 404, "absent" },
        { "compose", $"{{\"reference\":\"a\",\"layers\":[{{\"digest\":\"{Absent}\"}}]}}", "content_missing", 422, Absent },
        { "compose", $"{{\"reference\":\"a\",\"layers\":[{{\"digest\":\"{Absent}\"}}],\"snapshotter\":\"nosuch\"}}", "snapshotter_not_found", 422, "nosuch" },
        { "compose", $"{{\"reference\":\"a\",\"layers\":[{{\"digest\":\"{Absent}\"}}],\"config\":{{\"labels\":{{\"io.cri-containerd.image\":\"managed\"}}}}}}", "reserved_label", 403, "io.cri-containerd" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Body_is_refused_and_what_is_wrong_is_named(string call, string body, string code, int status, string named)
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        var answer = await node.Api.SendAsync(HttpMethod.Post, $"/v1/namespaces/custom-refused/images/{call}", new StringContent(body, Encoding.UTF8, "application/json"));
        Assert.True(status == (int)answer.Status, answer.Text);
        Assert.Equal(code, answer.Code);
        Assert.True(status is 400 ? answer.Json["errors"]!.AsObject().ContainsKey(named) : ((string)answer.Json["detail"]!).Contains(named, StringComparison.Ordinal), answer.Text);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Only_an_active_snapshot_on_the_base_can_be_committed(string version)
    {
        var node = await nodes.NodeAsync(version);
        var ns = nodes.NewName("kinds");
        var from = CustomCalls.Base();
        var @base = await nodes.BringAsync(node, ns, from);
        // Before there is a view: unlike those it prepares, ctr leaves views to the collector.
        await RawLeases.CreateAsync(new(node.Containerd, ns), "keeps");
        await RawLeases.AddAsync(new(node.Containerd, ns), "keeps", "snapshots/overlayfs", "a-view");
        await node.Ctr.RunAsync(ns, "snapshots", "--snapshotter", "overlayfs", "view", "a-view", from.ChainIds[^1]);
        await node.Ctr.RunAsync(ns, "snapshots", "--snapshotter", "overlayfs", "prepare", "lower", from.ChainIds[0]);
        await node.Ctr.RunAsync(ns, "snapshots", "--snapshotter", "overlayfs", "prepare", "alone");
        foreach (var (snapshot, word) in new[] { (from.ChainIds[^1], "committed"), ("a-view", "view"), ("lower", from.ChainIds[0]), ("alone", "stands on ''") })
        {
            var refused = await node.Api.PostAsync($"/v1/namespaces/{ns}/images/commit", new { snapshotter = "overlayfs", snapshot, @base, reference = "acme/x:1" });
            Assert.Equal((422, "not_committable"), ((int)refused.Status, refused.Code));
            Assert.Contains(word, (string)refused.Json["detail"]!);
        }

        await node.Ctr.RunAsync(ns, "leases", "rm", "--sync", "keeps");
        foreach (var key in new[] { "lower", "alone" })
        {
            await node.Ctr.RemoveSnapshotAsync(ns, key);
        }

        Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns));
    }

    [Fact]
    public async Task Artifact_is_no_base_and_there_is_an_end_of_layers()
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        var ns = nodes.NewName("limits");
        var artifact = await nodes.BringAsync(node, ns, TestImage.Artifact("any bytes"u8.ToArray()), unpack: false);
        var refused = await node.Api.PostAsync($"/v1/namespaces/{ns}/images/compose", new { @base = artifact, reference = "acme/x:1", layers = Array.Empty<object>() });
        Assert.Equal((422, "not_unpackable"), ((int)refused.Status, refused.Code));

        var @base = await nodes.BringAsync(node, ns, CustomCalls.Base());
        var layers = Enumerable.Repeat(new { digest = CustomCalls.Seed.Digest }, 511);
        refused = await node.Api.PostAsync($"/v1/namespaces/{ns}/images/compose", new { @base, reference = "acme/x:1", layers });
        Assert.Equal((422, "too_many_layers"), ((int)refused.Status, refused.Code));
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns));
    }

    [Fact]
    public async Task Pinned_name_stays_what_it_is()
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        var ns = nodes.NewName("pinned");
        var from = CustomCalls.Base();
        var @base = await nodes.BringAsync(node, ns, from);
        await node.Ctr.RunAsync(ns, "images", "label", @base, "io.cri-containerd.pinned=pinned");
        var job = await node.Api.EndOfAsync(await node.Api.StartAsync("compose", ns, new { @base, reference = @base, layers = Array.Empty<object>(), config = new { user = "1" } }));
        Assert.Equal(("failed", "image_pinned"), ((string?)job["state"], (string?)job["error"]!["code"]));
        Assert.Equal(from.Digest, await node.Ctr.TargetOfAsync(ns, @base));
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns));
    }

    /// <summary>Content that is no layer, the type it is said to be, and the code of the failed job.</summary>
    public static TheoryData<string, byte[], string?, string> NoLayers => new()
    {
        { "text", Encoding.ASCII.GetBytes(new string('x', 2000)), null, "layer_invalid" },
        { "a few bytes", "abc"u8.ToArray(), null, "layer_invalid" },
        { "another compression than it is said to be", Layer.Random(1000, 1).Bytes, "application/vnd.oci.image.layer.v1.tar+zstd", "layer_invalid" },
        { "a layer that is cut off", Layer.Random(200_000, 2).Bytes[..100_000], null, "layer_invalid" },
        { "a bomb", Layer.Of(Compression.Zstd, new byte[100 << 20]).Bytes, null, "layer_invalid" },
        { "a tar that goes wrong later", [.. Layer.Of(Compression.None, ("a", "a")).Bytes[..1536], .. Encoding.ASCII.GetBytes(new string('x', 2048))], null, "unpack_failed" },
    };

    [Theory]
    [MemberData(nameof(NoLayers))]
    public async Task What_is_no_layer_fails_the_job_and_leaves_nothing(string what, byte[] bytes, string? mediaType, string code)
    {
        foreach (var version in Versions.All)
        {
            var node = await nodes.NodeAsync(version);
            var ns = nodes.NewName("no-layer");
            var holder = await nodes.BringAsync(node, ns, TestImage.Artifact(bytes), unpack: false);
            var job = await node.Api.EndOfAsync(await node.Api.StartAsync("compose", ns, new { reference = "acme/x:1", layers = new[] { new { digest = Layer.Hash(bytes), mediaType } } }));
            Assert.True(code == (string?)job["error"]?["code"], $"{what}: {job.ToJsonString()}");
            Assert.Equal(1, (int)job["attempt"]!);
            Assert.Equal([holder], await node.Ctr.ImagesAsync(ns));
            Assert.Empty(await node.Ctr.SnapshotsAsync(ns));
            Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns));
        }
    }
}
