using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using Gateway.Oci;
using Gateway.TestKit;

namespace Gateway.Tests.Oci.Archives;

/// <summary>Archives made to do harm, or broken: each is refused, and the message says why.</summary>
public sealed class HostileArchiveTests
{
    private const string App = "docker.io/acme/app:1";
    private const string Layout = """{"imageLayoutVersion":"1.0.0"}""";

    private static readonly TestImage Image = TestImage.Of([Layer.Of(Compression.None, ("a", "1"))], docker: true);
    private static readonly string Hex = Image.ConfigDigest["sha256:".Length..];

    /// <summary>What is done to an archive, and what the refusal must tell.</summary>
    private static readonly Dictionary<string, (Func<TestArchive> Make, string Told)> Cases = new(StringComparer.Ordinal)
    {
        ["empty archive"] = (() => new TestArchive(), "neither oci-layout nor manifest.json"),
        ["no document"] = (() => new TestArchive().Add("etc/passwd", "root"), "neither oci-layout nor manifest.json"),
        ["index without layout"] = (() => Oci().Without("oci-layout"), "neither oci-layout nor manifest.json"),
        ["layout without index"] = (() => Oci().Without("index.json"), "no index.json"),
        ["layout of another version"] = (() => Oci().Without("oci-layout").Add("oci-layout", """{"imageLayoutVersion":"2.0.0"}"""), "imageLayoutVersion"),
        ["layout that is no json"] = (() => Oci().Without("oci-layout").Add("oci-layout", "x"), "oci-layout"),
        ["index that is no json"] = (() => Index("{"), "not UTF-8 JSON"),
        ["index with a key twice"] = (() => Index("""{"schemaVersion":2,"schemaVersion":2,"manifests":[]}"""), "key twice"),
        ["index that is a manifest too"] = (() => Index("""{"schemaVersion":2,"manifests":[],"layers":[]}"""), "index and a manifest at once"),
        ["index in another spelling"] = (() => Index("""{"schemaVersion":2,"Manifests":[],"manifests":[]}"""), "another spelling"),
        ["index without images"] = (() => Index("""{"schemaVersion":2,"manifests":[]}"""), "names no image"),
        ["index nested too deep in json"] = (() => Index(new string('[', 100_000)), "nested"),
        ["index of a digest that is a path"] = (() => Index(TestArchive.IndexOf((App, Image)).Replace(Image.Digest, "sha256:../../etc/passwd")), "not a digest"),
        ["index of another size"] = (() => Index(TestArchive.IndexOf((App, Image)).Replace("\"size\":", "\"size\":1")), "its descriptor says"),
        ["index of a negative size"] = (() => Index(TestArchive.IndexOf((App, Image)).Replace("\"size\":", "\"size\":-")), "size"),
        ["index of something that is no image"] = (() => Index(TestArchive.IndexOf((App, Image)).Replace(Image.MediaType, "application/octet-stream")), "no image"),
        ["manifest said to be an index"] = (() => Index(TestArchive.IndexOf((App, Image)).Replace(Image.MediaType, MediaTypes.OciIndex)), "index"),
        ["blob that is missing"] = (() => Oci().WithoutBlob(Image.Layers[0].Digest), "lacks " + Image.Layers[0].Digest),
        ["manifest that is missing"] = (() => Oci().WithoutBlob(Image.Digest), "lacks " + Image.Digest),
        ["blob under another's digest"] = (() => Oci().WithoutBlob(Image.ConfigDigest).Add("blobs/sha256/" + Hex, "other"), "holds the bytes of sha256:"),
        ["blob under no digest"] = (() => Oci().Add("blobs/sha256/../../escape", "x"), "no digest"),
        ["blob under an upper-case digest"] = (() => Oci().Add("blobs/sha256/" + Hex.ToUpperInvariant(), "x"), "no digest"),
        ["blob twice with other bytes"] = (() => Oci().Add("note", "1").Add("note", "2"), "twice"),
        ["index twice with other bytes"] = (() => Oci().Add("index.json", "{}"), "twice"),
        ["file where a link was"] = (() => Docker().AddLink("x", "c.json").Add("x", "1"), "twice"),
        ["link where a file was"] = (() => Docker().Add("x", "1").AddLink("x", "c.json"), "twice"),
        ["link for a document"] = (() => Oci().Without("index.json").AddLink("index.json", "x"), "twice"),
        ["symbolic link in a layout"] = (() => Oci().AddLink("blobs/sha256/" + new string('a', 64), "/etc/passwd"), "leads out"),
        ["hard link in a layout"] = (() => Oci().AddLink("x", "index.json", hard: true), "is a link"),
        ["link out of the archive"] = (() => Docker().AddLink("x/layer.tar", "../../etc/passwd"), "leads out"),
        ["link to nothing"] = (() => Docker().AddLink("x/layer.tar", "../nothing"), "leads to no file"),
        ["links in a circle"] = (() => Docker().AddLink("x", "y").AddLink("y", "x"), "leads to no file"),
        ["character device"] = (() => Oci().Add(new GnuTarEntry(TarEntryType.CharacterDevice, "dev")), "device"),
        ["block device"] = (() => Oci().Add(new GnuTarEntry(TarEntryType.BlockDevice, "dev")), "device"),
        ["FIFO"] = (() => Oci().Add(new GnuTarEntry(TarEntryType.Fifo, "pipe")), "FIFO"),
        ["name that is too long"] = (() => Oci().Add(new string('n', 600), "x"), "longer than"),
        ["name that is not valid"] = (() => TestArchive.OciLayout(("docker.io/UPPER/case:1", Image)), "not an image reference"),
        ["name with control characters"] = (() => TestArchive.OciLayout(("docker.io/a/b:1\u001b[31m", Image)), "docker.io/a/b:1?[31m"),
        ["two images of one name"] = (() => TestArchive.OciLayout((App, Image), (App, TestImage.Small(1))), "two images"),
        ["image without a name"] = (() => TestArchive.OciLayout((null, Image)), "give a repository as prefix"),
        ["image with a bare tag"] = (() => TestArchive.OciLayout(("latest", Image)), "only the tag 'latest'; give a repository as prefix"),
        ["manifest.json that is an object"] = (() => Docker("{}"), "not an array"),
        ["manifest.json without images"] = (() => Docker("[]"), "names no image"),
        ["manifest.json without a config"] = (() => Docker("""[{"Layers":["l/layer.tar"]}]"""), "Config is missing"),
        ["manifest.json with a path upwards"] = (() => Docker("""[{"Config":"../../etc/passwd","Layers":[]}]"""), "does not hold"),
        ["manifest.json with an absolute path"] = (() => Docker("""[{"Config":"/c.json","Layers":[]}]"""), "does not hold"),
        ["manifest.json of a missing layer"] = (() => Docker("""[{"Config":"c.json","RepoTags":["a:1"],"Layers":["gone/layer.tar"]}]"""), "Layers[0] names 'gone/layer.tar'"),
        ["manifest.json with more layers than diff ids"] = (() => Docker("""[{"Config":"c.json","RepoTags":["a:1"],"Layers":["l/layer.tar","l/layer.tar"]}]"""), "1 diff ids for 2 layers"),
        ["manifest.json with 600 layers"] = (() => Docker($$"""[{"Config":"c.json","RepoTags":["a:1"],"Layers":[{{string.Join(',', Enumerable.Repeat("\"l/layer.tar\"", 600))}}]}]"""), "too many elements"),
        ["config that is a layer"] = (() => Docker("""[{"Config":"l/layer.tar","RepoTags":["a:1"],"Layers":["l/layer.tar"]}]"""), "image config"),
        ["empty config"] = (() => Docker("""[{"Config":"empty","RepoTags":["a:1"],"Layers":[]}]""").Add("empty", ""), "size"),
        ["foreign layer"] = (() => TestArchive.OciLayout((App, Foreign())), "foreign"),
        ["schema 1"] = (() => TestArchive.OciLayout((App, TestImage.Raw(MediaTypes.OciManifest, """{"schemaVersion":1,"fsLayers":[]}"""))), "schema 1"),
        ["indexes five deep"] = (() => TestArchive.OciLayout((App, Nested(5))), "nested deeper than 4"),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Archive_is_refused_and_told_why(string name)
    {
        var (make, told) = Cases[name];
        foreach (var compression in Enum.GetValues<Compression>())
        {
            Assert.Contains(told, (await ArchiveTrial.RefusalAsync(make().ToBytes(compression))).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Indexes_four_deep_are_read() => Assert.Single((await ArchiveTrial.ImportAsync(TestArchive.OciLayout((App, Nested(4))).ToBytes())).Names);

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("{\"reference\":\"alpine\"}")]
    [InlineData("PK\u0003\u0004")]
    public async Task What_is_no_tar_is_refused(string text) => await ArchiveTrial.RefusalAsync(Encoding.UTF8.GetBytes(text.PadRight(text.Length is 0 ? 0 : 2000, 'x')));

    [Theory]
    [InlineData(Compression.Gzip)]
    [InlineData(Compression.Zstd)]
    public async Task Bomb_is_refused_long_before_it_is_read(Compression compression)
    {
        var bomb = Compressed(compression, Oci().Add("zeros", new byte[150 << 20]).ToBytes());
        var refusal = await ArchiveTrial.RefusalAsync(bomb);
        Assert.Equal(OciFault.ArchiveTooLarge, refusal.Fault);
        Assert.Contains("200 times", refusal.Message, StringComparison.Ordinal);
    }

    // Neither the archive's own compression nor its size tells of these.
    [Theory]
    [InlineData(Compression.Gzip, 1)]
    [InlineData(Compression.Zstd, 1)]
    [InlineData(Compression.Gzip, 3)]
    [InlineData(Compression.Zstd, 3)]
    public async Task Layers_that_are_bombs_are_refused_alone_and_together(Compression compression, int layers)
    {
        var image = TestImage.Of([.. Enumerable.Range(0, layers).Select(i => Layer.Bomb(compression, ((180 << 20) / layers) + i))]);
        var refusal = await ArchiveTrial.RefusalAsync(TestArchive.OciLayout(("docker.io/acme/app:1", image)).ToBytes());
        Assert.Equal(OciFault.ArchiveTooLarge, refusal.Fault);
        Assert.Contains("200 times", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bomb_behind_a_skippable_frame_is_refused()
    {
        var bomb = Layer.Bomb(Compression.Zstd, 180 << 20).BehindSkippableFrame();
        var refusal = await ArchiveTrial.RefusalAsync(TestArchive.OciLayout(("docker.io/acme/app:1", TestImage.Of(bomb))).ToBytes());
        Assert.Equal(OciFault.ArchiveTooLarge, refusal.Fault);
        Assert.Contains("200 times", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Compression.Gzip)]
    [InlineData(Compression.Zstd)]
    public async Task Layer_of_zeros_within_the_bound_and_one_that_is_damaged_are_no_bombs(Compression compression)
    {
        var (zeros, damaged) = (Layer.Bomb(compression, 60 << 20), Layer.Random(100_000, 3, compression));
        damaged.Bytes.AsSpan(200, 50).Clear();
        await ArchiveTrial.ImportAsync(TestArchive.OciLayout(("docker.io/acme/app:1", TestImage.Of(zeros))).Add("blobs/damaged", damaged.Bytes).ToBytes());
    }

    // RFC 8878 section 3.1.1.1: magic, no flags, window 2^31, then a last raw block of one byte.
    private static readonly byte[] WideWindow = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3, 0x09, 0x00, 0x00, 0x00];

    [Fact]
    public async Task Zstd_that_asks_for_a_window_of_two_gigabytes_is_refused()
    {
        Assert.Contains("window", (await ArchiveTrial.RefusalAsync(WideWindow)).Message, StringComparison.Ordinal);
        Assert.Contains("window", (await ArchiveTrial.RefusalAsync(Oci().Add("blobs/wide", WideWindow).ToBytes())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Archive_over_the_bound_is_refused_compressed_or_not()
    {
        var archive = Oci().Add("much", new byte[100_000]);
        foreach (var compression in Enum.GetValues<Compression>())
        {
            var refusal = await ArchiveTrial.RefusalAsync(archive.ToBytes(compression), maxBytes: 90_000);
            Assert.Equal(OciFault.ArchiveTooLarge, refusal.Fault);
        }
    }

    [Fact]
    public async Task Document_over_four_megabytes_is_refused()
    {
        var refusal = await ArchiveTrial.RefusalAsync(Index(new string(' ', (4 << 20) + 1)).ToBytes());
        Assert.Equal(OciFault.ArchiveTooLarge, refusal.Fault);
        var manifest = TestImage.Raw(MediaTypes.OciManifest, "{" + new string(' ', 4 << 20) + "}");
        Assert.Equal(OciFault.ArchiveTooLarge, (await ArchiveTrial.RefusalAsync(TestArchive.OciLayout((App, manifest)).ToBytes())).Fault);
    }

    [Fact]
    public async Task More_than_twenty_thousand_entries_are_refused()
    {
        var archive = Oci();
        for (var i = 0; i < 20_000; i++)
        {
            archive.AddFolder(i.ToString(CultureInfo.InvariantCulture) + "/");
        }

        var refusal = await ArchiveTrial.RefusalAsync(archive.ToBytes());
        Assert.Equal(OciFault.ArchiveTooLarge, refusal.Fault);
        Assert.Contains("20000 entries", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_comes_after_the_end_is_refused_but_for_zeros()
    {
        var archive = Oci().ToBytes();
        await ArchiveTrial.ImportAsync([.. archive, .. new byte[10_240]]);
        Assert.Contains("goes on after its end", (await ArchiveTrial.RefusalAsync([.. archive, .. Oci().ToBytes()])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Platform_that_an_archive_lacks_is_told_only_where_it_is_wanted()
    {
        var (amd, arm) = (TestImage.Small(1), TestImage.Small(1, "linux/arm64"));
        var archive = TestArchive.OciLayout((App, TestImage.Index(docker: false, ("linux/amd64", amd), ("linux/arm64", arm)))).WithoutBlob(arm.Digest).ToBytes();
        Assert.Contains(arm.Digest, (await ArchiveTrial.RefusalAsync(archive)).Message, StringComparison.Ordinal);
        Assert.Contains(arm.Digest, (await ArchiveTrial.RefusalAsync(archive, platforms: ["linux/arm64"])).Message, StringComparison.Ordinal);
        Assert.Single((await ArchiveTrial.ImportAsync(archive, platforms: ["linux/amd64"])).Names);
        var absent = await Assert.ThrowsAsync<OciException>(() => ArchiveTrial.ImportAsync(archive, platforms: ["linux/s390x"]));
        Assert.Equal(OciFault.PlatformNotFound, absent.Fault);
    }

    private static TestArchive Oci() => TestArchive.OciLayout((App, Image));

    private static TestArchive Index(string json) => new TestArchive().Add("oci-layout", Layout).Add("index.json", json).AddBlobs([Image]);

    private static TestArchive Docker(string manifest = """[{"Config":"c.json","RepoTags":["a:1"],"Layers":["l/layer.tar"]}]""") =>
        new TestArchive().Add("c.json", Image.Blobs[Image.ConfigDigest]).Add("l/layer.tar", Image.Layers[0].Bytes).Add("manifest.json", manifest);

    private static TestImage Foreign() => TestImage.Raw(MediaTypes.OciManifest, Documents.Manifest(
        layers: Documents.Descriptor("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", more: ",\"urls\":[\"http://169.254.169.254/\"]")));

    private static TestImage Nested(int depth)
    {
        var image = Image;
        for (var level = 0; level < depth; level++)
        {
            image = TestImage.Index(docker: false, ("linux/amd64", image));
        }

        return image;
    }

    private static byte[] Compressed(Compression compression, byte[] bytes)
    {
        using var output = new MemoryStream();
        using (Stream writer = compression is Compression.Gzip ? new GZipStream(output, CompressionLevel.SmallestSize, leaveOpen: true) : new ZstdSharp.CompressionStream(output, 1, leaveOpen: true))
        {
            writer.Write(bytes);
        }

        return output.ToArray();
    }
}
