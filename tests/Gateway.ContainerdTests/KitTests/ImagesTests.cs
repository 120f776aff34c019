using Gateway.TestKit;

namespace Gateway.ContainerdTests.KitTests;

/// <summary>containerd's own pull is the judge of the images this kit makes.</summary>
public sealed class ImagesTests(Nodes nodes, Daemons daemons)
{
    private static readonly Dictionary<string, Func<TestImage>> Images = new()
    {
        ["gzip"] = () => TestImage.Of(Layer.Of(Compression.Gzip, ("a", "a"))),
        ["zstd"] = () => TestImage.Of(Layer.Of(Compression.Zstd, ("a", "a"))),
        ["plain"] = () => TestImage.Of(Layer.Of(Compression.None, ("a", "a"))),
        ["docker"] = () => TestImage.Of([Layer.Of(Compression.Gzip, ("a", "a"))], docker: true),
        ["index"] = () => TestImage.Index(docker: false, ("linux/arm64", TestImage.Small(10, "linux/arm64")), ("linux/amd64", TestImage.Small(10))),
        ["manifest list"] = () => TestImage.Index(docker: true, ("linux/amd64", TestImage.Of([Layer.Of(Compression.Gzip, ("a", "a"))], docker: true))),
        ["repeated and empty layers"] = () => TestImage.Of(Layer.Empty, Layer.Of(Compression.Gzip, ("a", "a")), Layer.Empty, Layer.Of(Compression.Gzip, ("a", "a"))),
        ["120 layers"] = () => TestImage.Of([.. Enumerable.Range(0, 120).Select(i => Layer.Of(Compression.Gzip, ($"f{i}", $"{i}")))]),
        ["special files"] = () => TestImage.Of(
            Layer.Of(Compression.Gzip, ("d/", "dir:"), ("d/gone", "x"), ("o/", "dir:"), ("o/hidden", "z"), ("x", "xattr:user.test=value"), ("s", "setuid:#!")),
            Layer.Of(Compression.Gzip, ("d/", "dir:"), ("d/.wh.gone", ""), ("o/", "dir:"), ("o/.wh..wh..opq", ""), ("h", "h"), ("h2", "link:h"), ("l", "symlink:h"))),
    };

    public static TheoryData<string, string> Cases => [.. Versions.All.SelectMany(version => Images.Keys.Select(name => (version, name)))];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Image_is_one_to_containerd_itself(string version, string name)
    {
        var image = Images[name]();
        var daemon = await daemons.OfAsync(version);
        await using var ns = daemon.NewNamespace("images");
        var reference = await (await nodes.RegistryAsync()).PushAsync(nodes.NewName("images"), image);

        // ctr of 2.x takes the manifests of platforms it does not pull as well, unless told not to.
        await daemon.Ctr.PullAsync(ns.Name, reference, version is "2" ? ["--plain-http", "--skip-metadata"] : ["--plain-http"]);

        Assert.Equal(image.Digest, await daemon.Ctr.TargetOfAsync(ns.Name, reference));
        if (image.ChainIds.Count > 0)
        {
            Assert.Equal(image.ChainIds.Order(), (await daemon.Ctr.SnapshotsAsync(ns.Name)).Select(snapshot => snapshot.Key).Order());
        }

        Assert.Empty(await ns.ViolationsAsync());
    }

    [Fact]
    public void Equal_descriptions_make_equal_images() => Assert.Equal(TestImage.Small(1).Digest, TestImage.Small(1).Digest);

    [Fact]
    public void Empty_layer_is_the_one_that_everybody_knows()
    {
        Assert.Equal("sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4", Layer.Empty.Digest);
        Assert.Equal("sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef", Layer.Empty.DiffId);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Bulk_image_is_made_in_files_and_shrinks_by_its_share(string version)
    {
        using var image = BulkImage.Create(layers: 4, totalBytes: 8 << 20, compressibleFraction: 0.5);
        using var again = BulkImage.Create(layers: 4, totalBytes: 8 << 20, compressibleFraction: 0.5);
        Assert.Equal(image.Digest, again.Digest);
        Assert.InRange(image.StoredBytes, 4 << 20, (4 << 20) + (512 << 10));

        var daemon = await daemons.OfAsync(version);
        await using var ns = daemon.NewNamespace("bulk");
        var reference = await (await nodes.RegistryAsync()).PushAsync(nodes.NewName("bulk"), image);
        await daemon.Ctr.PullAsync(ns.Name, reference, "--plain-http");

        Assert.Equal(image.ChainIds.Order(), (await daemon.Ctr.SnapshotsAsync(ns.Name)).Select(snapshot => snapshot.Key).Order());
        Assert.Empty(await ns.ViolationsAsync());
    }
}
