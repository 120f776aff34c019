using System.Globalization;
using System.Text.Json.Nodes;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Reads;

/// <summary>What an image tells of each platform, against the blobs that containerd gives.</summary>
public sealed class InspectConfigTests(Nodes nodes)
{
    private const string Full = """
        {
          "created": "2024-05-22T18:18:12.052034407Z", "author": "Acme",
          "config": {
            "User": "app:app", "Env": ["PATH=/usr/bin", "EMPTY=", "UMLAUT=ü"], "Entrypoint": ["/app", "-v"], "Cmd": ["serve", "--port=80"], "WorkingDir": "/srv",
            "ExposedPorts": {"80/tcp": {}, "53/udp": {}}, "Volumes": {"/data": {}, "/cache": {}}, "StopSignal": "SIGQUIT",
            "Labels": {"org.opencontainers.image.title": "app", "empty": ""}, "Healthcheck": {"Test": ["CMD", "true"]}
          },
          "history": [
            {"created": "2024-05-22T18:18:11Z", "created_by": "ADD file", "author": "Acme", "comment": "base"},
            {"created": "2024-05-22T18:18:11.5Z", "created_by": "ENV EMPTY=", "empty_layer": true},
            {"created": "2024-05-22T18:18:12Z", "created_by": "COPY app"}
          ]
        }
        """;

    private const string Bare = """{"config": null, "history": null}""";

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Each_platform_is_told_as_its_blobs_have_it(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace(nodes.NewName("config"));
        var full = TestImage.Of([Layer.Of(Compression.Gzip, ("a", "1")), Layer.Of(Compression.Zstd, ("b", "2"))], docker: false, fields: JsonNode.Parse(Full)!.AsObject());
        var bare = TestImage.Of([Layer.Of(Compression.Gzip, ("c", "3"))], docker: false, "linux/arm64/v8", fields: JsonNode.Parse(Bare)!.AsObject());
        var index = TestImage.Index(docker: false, ("linux/amd64", full), ("linux/arm64/v8", bare));
        var reference = registry.Add("acme/app:1", index);
        await node.Api.PullAsync(ns.Name, new { reference, allPlatforms = true, unpack = false });
        await node.Api.PullAsync(ns.Name, new { reference });

        var platforms = (await node.Api.GetAsync($"/v1/namespaces/{ns.Name}/images/{reference}")).Json["platforms"]!.AsArray();

        var entries = (await BlobAsync(ns, index.Digest))["manifests"]!.AsArray();
        Assert.Equal(["linux/amd64", "linux/arm64"], platforms.Select(platform => (string?)platform!["platform"])); // v8 is what arm64 means
        Assert.Equal([true, true], platforms.Select(platform => (bool)platform!["available"]!));
        Assert.Equal([true, false], platforms.Select(platform => (bool)platform!["unpacked"]!["overlayfs"]!));
        foreach (var (platform, entry) in platforms.Zip(entries))
        {
            var manifest = await BlobAsync(ns, (string)entry!["digest"]!);
            var config = await BlobAsync(ns, (string)manifest["config"]!["digest"]!);
            Assert.Equal(Descriptor(entry), Descriptor(platform!["manifest"]!));
            Assert.Equal(Descriptor(manifest["config"]!), Descriptor(platform["configDescriptor"]!));
            ConfigIs(config["config"], platform["config"]!);
            Assert.Equal(History(config, "created_by", "empty_layer"), History(platform, "createdBy", "emptyLayer"));
            Assert.Equal(manifest["layers"]!.AsArray().Select(layer => Descriptor(layer!)), platform["layers"]!.AsArray().Select(layer => Descriptor(layer!)));
            Assert.Equal(Texts(config["rootfs"]!["diff_ids"]), platform["layers"]!.AsArray().Select(layer => (string?)layer!["diffId"]));
            var raw = await node.Api.GetAsync($"/v1/namespaces/{ns.Name}/images/{Uri.EscapeDataString(reference)}/config?platform={Uri.EscapeDataString((string)platform["platform"]!)}");
            Assert.Equal(await ns.CtrAsync("content", "get", (string)manifest["config"]!["digest"]!), raw.Text);
        }

        var snapshots = (await node.Ctr.SnapshotsAsync(ns.Name)).Select(snapshot => snapshot.Key).Order();
        Assert.Equal(snapshots, platforms[0]!["layers"]!.AsArray().Select(layer => (string)layer!["chainId"]!).Order());
    }

    private static void ConfigIs(JsonNode? blob, JsonNode view)
    {
        foreach (var (field, name) in new[] { ("Entrypoint", "entrypoint"), ("Cmd", "cmd"), ("Env", "env") })
        {
            Assert.Equal(Texts(blob?[field]), Texts(view[name]));
        }

        foreach (var (field, name) in new[] { ("ExposedPorts", "exposedPorts"), ("Volumes", "volumes") })
        {
            Assert.Equal((blob?[field]?.AsObject() ?? []).Select(each => each.Key).Order(StringComparer.Ordinal), Texts(view[name]).Order(StringComparer.Ordinal));
        }

        foreach (var (field, name) in new[] { ("User", "user"), ("WorkingDir", "workingDir"), ("StopSignal", "stopSignal") })
        {
            Assert.Equal((string?)blob?[field], (string?)view[name]);
        }

        Assert.Equal(Labels(blob?["Labels"]), Labels(view["labels"]));
        Assert.Equal(9, view.AsObject().Count + (blob is null ? 3 : 0)); // what a config does not say is left out, lists apart
    }

    private static async Task<JsonObject> BlobAsync(ContainerdNamespace ns, string digest) => JsonNode.Parse(await ns.CtrAsync("content", "get", digest))!.AsObject();

    private static (string, string, long) Descriptor(JsonNode node) => ((string)node["mediaType"]!, (string)node["digest"]!, (long)node["size"]!);

    private static IEnumerable<string> Texts(JsonNode? list) => (list?.AsArray() ?? []).Select(text => (string)text!);

    private static IEnumerable<(string, string)> Labels(JsonNode? labels) => (labels?.AsObject() ?? []).Select(label => (label.Key, (string)label.Value!)).Order();

    private static IEnumerable<(DateTimeOffset?, string?, string?, string?, bool)> History(JsonNode node, string createdBy, string emptyLayer) =>
        (node["history"]?.AsArray() ?? []).Select(step => (
            step!["created"] is { } at ? DateTimeOffset.Parse((string)at!, CultureInfo.InvariantCulture) : (DateTimeOffset?)null,
            (string?)step[createdBy], (string?)step["author"], (string?)step["comment"], (bool?)step[emptyLayer] ?? false));
}
