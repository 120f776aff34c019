using System.Net;
using System.Text.Json.Nodes;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Pull;

/// <summary>What cannot be accepted ends in its own code, without a try too many, and leaves nothing.</summary>
public sealed class PullRefusalsTests(Nodes nodes)
{
    private const string Manifest = "application/vnd.oci.image.manifest.v1+json";
    private const string Index = "application/vnd.oci.image.index.v1+json";
    private static readonly string Digest = "sha256:" + new string('a', 64);
    private static readonly string Config = $"{{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\"{Digest}\",\"size\":2}}";

    public static TheoryData<string, string, string, string> Documents => new()
    {
        { "schema 1", "application/vnd.docker.distribution.manifest.v1+prettyjws", "{\"schemaVersion\":1,\"fsLayers\":[]}", "manifest_invalid" },
        { "schema 1 as schema 2", Manifest, "{\"schemaVersion\":1,\"fsLayers\":[]}", "manifest_invalid" },
        { "an index served as a manifest", Manifest, "{\"schemaVersion\":2,\"manifests\":[]}", "manifest_invalid" },
        { "a manifest served as an index", Index, $"{{\"schemaVersion\":2,\"config\":{Config},\"layers\":[]}}", "manifest_invalid" },
        { "both at once", Manifest, $"{{\"schemaVersion\":2,\"config\":{Config},\"layers\":[],\"manifests\":[]}}", "manifest_invalid" },
        { "a foreign layer", Manifest, $"{{\"schemaVersion\":2,\"config\":{Config},\"layers\":[{{\"mediaType\":\"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip\",\"digest\":\"{Digest}\",\"size\":3,\"urls\":[\"http://127.0.0.1/\"]}}]}}", "manifest_invalid" },
        { "duplicate keys", Manifest, $"{{\"schemaVersion\":2,\"layers\":[],\"layers\":[],\"config\":{Config}}}", "manifest_invalid" },
        { "a digest with a path", Manifest, "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"x/y\",\"digest\":\"sha256:../../etc/passwd\",\"size\":2},\"layers\":[]}", "manifest_invalid" },
        { "not JSON", Manifest, "<html>", "manifest_invalid" },
        { "a page", "text/html", "<html></html>", "manifest_invalid" },
        { "5 MiB", Manifest, "{\"schemaVersion\":2,\"a\":\"" + new string('a', 5 << 20) + "\"}", "manifest_too_large" },
    };

    [Theory]
    [MemberData(nameof(Documents))]
    public async Task Hostile_document_is_refused(string what, string mediaType, string json, string code)
    {
        foreach (var version in Versions.Engines)
        {
            await using var registry = await ScriptedRegistry.StartAsync();
            var node = await nodes.NodeAsync(version);
            var ns = nodes.NewName("refused");
            var job = await node.Api.PullAsync(ns, new { reference = registry.Add("acme/app:1", TestImage.Raw(mediaType, json)), unpack = false });
            Assert.True(code == (string?)job["error"]?["code"], $"{what}, {version}: {job.ToJsonString()}");
            Assert.Equal(1, (int)job["attempt"]!);
            Assert.Equal(0, registry.Count("/blobs/"));
            Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns));
        }
    }

    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task Artifact_is_kept_without_unpacking_and_refused_with_it(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        var ns = nodes.NewName("artifact");
        var artifact = TestImage.Artifact("any bytes"u8.ToArray());
        var reference = registry.Add("acme/thing:1", artifact);

        var refused = await node.Api.PullAsync(ns, new { reference });
        Assert.Equal("not_unpackable", (string?)refused["error"]!["code"]);
        Assert.Equal(422, (int)refused["error"]!["status"]!);
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns));

        var kept = await node.Api.PullAsync(ns, new { reference, unpack = false });
        Assert.True((string?)kept["state"] is "succeeded", kept.ToJsonString());
        await node.Ctr.CollectAsync(ns);
        Assert.Equal(artifact.Blobs.Keys.Append(artifact.Digest).Order(), (await node.Ctr.BlobsAsync(ns)).Order());
    }

    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task Layer_that_is_not_what_the_config_says_fails_the_unpack(string version)
    {
        var layer = Layer.Of(Compression.Gzip, ("a", "a"));
        await ExpectAsync(version, TestImage.Of([layer], docker: false, diffIds: ["sha256:" + new string('b', 64)]), "unpack_failed");
    }

    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task Layer_that_is_no_archive_fails_the_unpack(string version)
    {
        var bytes = "this is neither gzip nor tar"u8.ToArray();
        await ExpectAsync(version, TestImage.Of([new Layer(bytes, Layer.Hash(bytes), Layer.Hash(bytes), Compression.Gzip)], docker: false), "unpack_failed");
    }

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Config_with_another_count_of_diff_ids_is_refused(string version) =>
        await ExpectAsync(version, TestImage.Of([Layer.Of(Compression.Gzip, ("a", "a"))], docker: false, diffIds: [Digest, Digest]), "manifest_invalid");

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Tag_the_registry_does_not_know_is_image_not_found(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        var job = await node.Api.PullAsync(nodes.NewName("missing"), new { reference = $"{registry.Host}/acme/app:9" });
        Assert.Equal("image_not_found", (string?)job["error"]!["code"]);
        Assert.Equal($"cannot resolve {registry.Host}/acme/app:9: the registry does not know this tag", (string?)job["error"]!["detail"]);
    }

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Snapshotter_that_is_not_loaded_is_refused_at_once(string version)
    {
        var node = await nodes.NodeAsync(version);
        var answer = await node.Api.PostAsync("/v1/namespaces/any/images/pull", new { reference = "alpine", snapshotter = "zfs" });
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.Status);
        Assert.Equal("snapshotter_not_found", answer.Code);
    }

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Address_inside_the_network_is_denied_before_it_is_dialled(string version)
    {
        var node = await nodes.NodeAsync(version);
        var job = await node.Api.PullAsync(nodes.NewName("denied"), new { reference = "169.254.169.254/latest/meta-data:1" });
        Assert.Equal("egress_denied", (string?)job["error"]!["code"]);
        Assert.Equal(1, (int)job["attempt"]!);
    }

    private async Task<JsonObject> ExpectAsync(string version, TestImage image, string code)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        var ns = nodes.NewName("refused");
        var job = await node.Api.PullAsync(ns, new { reference = registry.Add("acme/app:1", image) });
        Assert.True(code == (string?)job["error"]?["code"], job.ToJsonString());
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns));
        return job;
    }
}
