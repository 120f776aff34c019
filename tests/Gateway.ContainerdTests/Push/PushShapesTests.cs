using System.Formats.Tar;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Push;

/// <summary>Every shape of image, from every version, into a real registry; skopeo and a second containerd say what is there.</summary>
public sealed class PushShapesTests(Nodes nodes)
{
    private const string ForeignName = "foreign.test/acme/app:1";
    private static readonly byte[] Foreign = "elsewhere"u8.ToArray();
    private static readonly TestImage Amd = TestImage.Small(11);
    private static readonly TestImage Arm = TestImage.Small(12, "linux/arm64/v8");

    /// <summary>By name: what is pushed.</summary>
    private static readonly Dictionary<string, Func<TestImage>> Shapes = new()
    {
        ["one layer"] = () => TestImage.Small(10),
        ["docker schema 2"] = () => TestImage.Of([Layer.Of(Compression.Gzip, ("a", "a")), Layer.Of(Compression.Gzip, ("b", "b"))], docker: true),
        ["repeated layers"] = () =>
        {
            var layer = Layer.Of(Compression.Gzip, ("same", "same"));
            return TestImage.Of(layer, Layer.Of(Compression.Zstd, ("other", "other")), layer);
        },
        ["no layers"] = () => TestImage.Of(),
        ["index"] = () => TestImage.Index(docker: false, ("linux/amd64", Amd), ("linux/arm64/v8", Arm)),
        ["docker list"] = () => TestImage.Index(docker: true, ("linux/amd64", TestImage.Of([Layer.Of(Compression.Gzip, ("a", "a"))], docker: true)), ("linux/arm64", TestImage.Of([Layer.Of(Compression.Gzip, ("b", "b"))], docker: true, "linux/arm64"))),
        ["index in an index"] = () => TestImage.Index(docker: false, (null, TestImage.Index(docker: false, ("linux/amd64", Amd), ("linux/arm64/v8", Arm)))),
        ["artifact"] = () => TestImage.Artifact("a chart"u8.ToArray()),
        ["a layer of 20 MB"] = () => TestImage.Of(Layer.Random(20_000_000, 1), Layer.Random(1_000, 2)),
    };

    public static TheoryData<string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (var version in Versions.WithEngines)
            {
                foreach (var shape in Shapes.Keys)
                {
                    cases.Add(version, shape);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Pushed_image_is_in_the_registry_as_it_was_here(string version, string shape)
    {
        var node = await nodes.NodeAsync(version);
        var elsewhere = await nodes.NodeAsync(Versions.After(version));
        var image = Shapes[shape]();
        var (ns, second) = (nodes.NewName("push"), nodes.NewName("second"));
        var target = $"{(await nodes.RegistryAsync()).Host}/{nodes.NewName("pushed")}:1.0";
        var reference = await PushTrial.BringAsync(node, ns, image);

        var result = PushTrial.Succeeded(await node.Api.PushAsync(ns, new { reference, target }), image.Digest);

        Assert.Equal(target, (string?)result["target"]);
        Assert.Equal(image.MediaType, (string?)result["mediaType"]);
        Assert.True((bool)result["changed"]!);
        // Of a layer that an image has twice the daemon tells only that it is there the second time.
        string[] kinds = version is Versions.Transfer ? ["uploaded", "existing"] : ["uploaded"];
        Assert.Equal(image.Blobs.Count + image.Manifests.Count, kinds.Sum(kind => (int)result[kind]!["count"]!));
        Assert.Equal(image.Blobs.Values.Sum(blob => blob.LongLength) + image.Manifests.Values.Sum(one => one.Bytes.LongLength), kinds.Sum(kind => (long)result[kind]!["bytes"]!));
        Assert.Equal(image.Digest, await PushTrial.SkopeoDigestAsync(target));
        await elsewhere.Ctr.RunAsync(second, "content", "fetch", "--plain-http", "--all-platforms", target);
        Assert.Matches(Ctr.Complete, await elsewhere.Ctr.CheckAsync(second, target));
        Assert.Equal(image.Blobs.Keys.Concat(image.Manifests.Keys).Order(), (await elsewhere.Ctr.BlobsAsync(second)).Order());
        await PushTrial.IsCleanAsync(node, ns);
        await PushTrial.IsCleanAsync(elsewhere, second);
    }

    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task Image_without_a_target_is_pushed_to_its_own_name(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var registry = await ScriptedRegistry.StartAsync();
        var ns = nodes.NewName("own");
        var image = TestImage.Small(13);
        var reference = $"{registry.Host}/acme/app:1";
        await node.Ctr.RunAsync(ns, "images", "tag", await PushTrial.BringAsync(node, ns, image), reference);

        PushTrial.Succeeded(await node.Api.PushAsync(ns, new { reference }), image.Digest);

        Assert.Equal(image.Digest, registry.Pushed.Find("acme/app", "1")!.Digest);
        Assert.Equal(image.Blobs.Keys.Concat(image.Manifests.Keys).Append("1").Order(), registry.Pushed.NamesIn("acme/app").Order());
        await PushTrial.IsCleanAsync(node, ns);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Foreign_layers_are_neither_needed_nor_sent(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var registry = await ScriptedRegistry.StartAsync();
        var ns = nodes.NewName("foreign");
        var (image, manifest) = WithForeignLayer();
        await ImportAsync(node, ns, ForeignName, [.. image.Blobs.Values, manifest], manifest);

        PushTrial.Succeeded(await node.Api.PushAsync(ns, new { reference = ForeignName, target = $"{registry.Host}/acme/app:1" }), Layer.Hash(manifest));

        Assert.Equal(image.Blobs.Keys.Append(Layer.Hash(manifest)).Append("1").Order(), registry.Pushed.NamesIn("acme/app").Order());
        Assert.Empty(await node.Ctr.LeasesAsync(ns));
    }

    // Unlike the gateway's engine, containerd's Transfer service leaves out nothing.
    [Fact]
    public async Task Foreign_layer_is_sent_by_Transfer_and_told_as_beyond_it_where_it_is_not_here()
    {
        var node = await nodes.NodeAsync(Versions.Transfer);
        await using var registry = await ScriptedRegistry.StartAsync();
        var ns = nodes.NewName("foreign");
        var (image, manifest) = WithForeignLayer();
        await ImportAsync(node, ns, ForeignName, [.. image.Blobs.Values, manifest], manifest);
        var request = new { reference = ForeignName, target = $"{registry.Host}/acme/app:1" };

        Assert.Equal("not_supported_by_transfer", PushTrial.Code(await node.Api.PushAsync(ns, request)));
        Assert.Empty(registry.Seen);
        await ImportAsync(node, ns, ForeignName, [.. image.Blobs.Values, Foreign, manifest], manifest);
        PushTrial.Succeeded(await node.Api.PushAsync(ns, request), Layer.Hash(manifest));

        Assert.Equal(image.Blobs.Keys.Append(Layer.Hash(Foreign)).Append(Layer.Hash(manifest)).Append("1").Order(), registry.Pushed.NamesIn("acme/app").Order());
        Assert.Equal([ForeignName], await node.Ctr.ImagesAsync(ns));
        Assert.Empty(await node.Ctr.LeasesAsync(ns));
    }

    // An image and its manifest with one more layer, which stands elsewhere.
    private static (TestImage Image, byte[] Manifest) WithForeignLayer()
    {
        var image = TestImage.Small(15);
        var manifest = JsonNode.Parse(image.Manifests[image.Digest].Bytes)!.AsObject();
        manifest["layers"]!.AsArray().Add(new JsonObject
        {
            ["mediaType"] = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
            ["digest"] = Layer.Hash(Foreign),
            ["size"] = Foreign.Length,
            ["urls"] = new JsonArray("https://elsewhere.test/layer"),
        });
        return (image, Encoding.UTF8.GetBytes(manifest.ToJsonString()));
    }

    // As an OCI layout, past the gateway.
    private static async Task ImportAsync(Node node, string ns, string name, IReadOnlyList<byte[]> blobs, byte[] manifest)
    {
        var file = Path.GetTempFileName();
        try
        {
            await using (var tar = new TarWriter(File.OpenWrite(file)))
            {
                var index = new JsonObject
                {
                    ["schemaVersion"] = 2,
                    ["manifests"] = new JsonArray(new JsonObject
                    {
                        ["mediaType"] = "application/vnd.oci.image.manifest.v1+json",
                        ["digest"] = Layer.Hash(manifest),
                        ["size"] = manifest.Length,
                        ["annotations"] = new JsonObject { ["io.containerd.image.name"] = name },
                    }),
                };
                await AddAsync(tar, "oci-layout", """{"imageLayoutVersion":"1.0.0"}"""u8.ToArray());
                await AddAsync(tar, "index.json", Encoding.UTF8.GetBytes(index.ToJsonString()));
                foreach (var blob in blobs)
                {
                    await AddAsync(tar, "blobs/" + Layer.Hash(blob).Replace(':', '/'), blob);
                }
            }

            await node.Ctr.RunAsync(ns, "images", "import", "--no-unpack", "--all-platforms", file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static Task AddAsync(TarWriter tar, string name, byte[] bytes) =>
        tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(bytes) });
}
