using Gateway.TestKit;

namespace Gateway.ContainerdTests.Pull;

/// <summary>Every shape of image on every version; containerd's own tools say whether it is whole.</summary>
public sealed class PullShapesTests(Nodes nodes)
{
    /// <summary>By name: what is pulled.</summary>
    private static readonly Dictionary<string, Func<TestImage>> Shapes = new()
    {
        ["one gzip layer"] = () => TestImage.Small(1),
        ["docker schema 2"] = () => TestImage.Of([Layer.Of(Compression.Gzip, ("a", "a")), Layer.Of(Compression.Gzip, ("b", "b"))], docker: true),
        ["zstd layers"] = () => TestImage.Of(Layer.Of(Compression.Zstd, ("a", "a")), Layer.Of(Compression.Zstd, ("b", "b"))),
        ["plain layers"] = () => TestImage.Of(Layer.Of(Compression.None, ("a", "a")), Layer.Of(Compression.None, ("b", "b"))),
        ["mixed compressions"] = () => TestImage.Of(Layer.Of(Compression.None, ("a", "a")), Layer.Of(Compression.Gzip, ("b", "b")), Layer.Of(Compression.Zstd, ("c", "c"))),
        ["repeated layers"] = () =>
        {
            var layer = Layer.Of(Compression.Gzip, ("same", "same"));
            return TestImage.Of(layer, Layer.Of(Compression.Gzip, ("other", "other")), layer, layer);
        },
        ["empty layers"] = () => TestImage.Of(Layer.Of(Compression.Gzip), Layer.Of(Compression.Gzip, ("a", "a")), Layer.Of(Compression.Gzip)),
        ["no layers"] = () => TestImage.Of(),
        ["120 layers"] = () => TestImage.Of(Enumerable.Range(0, 120).Select(i => Layer.Of(Compression.Gzip, ($"file-{i}", $"{i}"))).ToArray()),
        ["whiteouts, links, xattrs, setuid"] = () => TestImage.Of(
            Layer.Of(Compression.Gzip, ("d/", "dir:"), ("d/gone", "x"), ("d/stays", "y"), ("o/", "dir:"), ("o/hidden", "z"), ("x", "xattr:user.test=value"), ("s", "setuid:#!")),
            Layer.Of(Compression.Gzip, ("d/", "dir:"), ("d/.wh.gone", ""), ("o/", "dir:"), ("o/.wh..wh..opq", ""), ("o/new", "n"), ("hard", "hard"), ("hard2", "link:hard"), ("soft", "symlink:hard"))),
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
    public async Task Pulled_image_is_complete_unpacked_and_leaves_nothing_else(string version, string shape)
    {
        var node = await nodes.NodeAsync(version);
        var image = Shapes[shape]();
        var ns = nodes.NewName("shape");
        var reference = await (await nodes.RegistryAsync()).PushAsync(nodes.NewName("shapes"), image);

        var job = await node.Api.PullAsync(ns, new { reference });

        Assert.True((string?)job["state"] is "succeeded", job.ToJsonString());
        Assert.Equal(100, (int)job["progress"]!["percent"]!);
        Assert.Equal(image.Digest, (string?)job["result"]!["image"]!["target"]!["digest"]);
        Assert.Matches(Ctr.Complete, await node.Ctr.CheckAsync(ns, reference));
        Assert.Equal(image.ChainIds.Distinct().Order(), (await node.Ctr.SnapshotsAsync(ns)).Select(snapshot => snapshot.Key).Order());
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns));

        // After a forced collection everything is still there: the labels lead to it.
        Assert.Equal(image.ChainIds.Distinct().Order(), (await node.Ctr.SnapshotsAsync(ns)).Select(snapshot => snapshot.Key).Order());
        Assert.Equal(image.Blobs.Keys.Concat(image.Manifests.Keys).Order(), (await node.Ctr.BlobsAsync(ns)).Order());
    }

    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task Unpacked_tree_is_what_the_layers_describe(string version)
    {
        var node = await nodes.NodeAsync(version);
        var image = Shapes["whiteouts, links, xattrs, setuid"]();
        var ns = nodes.NewName("tree");
        var reference = await (await nodes.RegistryAsync()).PushAsync(nodes.NewName("trees"), image);
        Assert.Equal("succeeded", (string?)(await node.Api.PullAsync(ns, new { reference }))["state"]);

        var mount = Repo.NewFolder("mount");
        await node.Ctr.RunAsync(ns, "images", "mount", "--snapshotter", "overlayfs", reference, mount);
        try
        {
            Assert.Equal(["d", "d/stays", "hard", "hard2", "o", "o/new", "s", "soft", "x"],
                Directory.EnumerateFileSystemEntries(mount, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(mount, path)).Order(StringComparer.Ordinal));
            Assert.Equal("hard", new FileInfo(Path.Combine(mount, "soft")).LinkTarget);
            Assert.Equal(UnixFileMode.SetUser, File.GetUnixFileMode(Path.Combine(mount, "s")) & UnixFileMode.SetUser);
            Assert.Equal(await ChildProcess.RunAsync("stat", "-c", "%i", Path.Combine(mount, "hard")), await ChildProcess.RunAsync("stat", "-c", "%i", Path.Combine(mount, "hard2")));
            Assert.Contains("user.test=\"value\"", await ChildProcess.RunAsync("getfattr", "--dump", "--absolute-names", Path.Combine(mount, "x")));
        }
        finally
        {
            await ChildProcess.RunAsync("umount", mount);
            Directory.Delete(mount);
            await node.Ctr.RunAsync(ns, "snapshots", "--snapshotter", "overlayfs", "rm", mount);
        }
    }

    [Fact]
    public async Task Native_snapshotter_is_unpacked_into_where_it_is_asked_for()
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        var image = TestImage.Small(2);
        var ns = nodes.NewName("native");
        var reference = await (await nodes.RegistryAsync()).PushAsync(nodes.NewName("native"), image);
        Assert.Equal("succeeded", (string?)(await node.Api.PullAsync(ns, new { reference, snapshotter = "native" }))["state"]);
        Assert.Equal(image.ChainIds, (await node.Ctr.SnapshotsAsync(ns, "native")).Select(snapshot => snapshot.Key));
        Assert.Empty(await node.Ctr.SnapshotsAsync(ns));
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns, "native"));
    }
}
