using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Gateway.Oci;

namespace Gateway.TestKit;

/// <summary>An archive made to do harm, or broken, and how it must be refused.</summary>
/// <param name="Forms">The archive, in each compression where that is not what is wrong with it.</param>
/// <param name="Told">What the refusal must tell.</param>
/// <param name="IsTooLarge">Whether it is beyond a limit, and not invalid.</param>
public sealed record HostileArchive(Func<IEnumerable<byte[]>> Forms, string Told, bool IsTooLarge);

/// <summary>Archives made to do harm, or broken, by what is done to them.</summary>
public static class HostileArchives
{
    private const string App = "docker.io/acme/app:1";
    private const string Layout = """{"imageLayoutVersion":"1.0.0"}""";
    private const string OverDocument = "at most 4194304 are accepted";
    private const string OverRatio = "200 times";

    private static readonly TestImage Image = TestImage.Of([Layer.Of(Compression.None, ("a", "1"))], docker: true);
    private static readonly TestImage Arm = TestImage.Small(1, "linux/arm64");
    private static readonly string Hex = Image.ConfigDigest["sha256:".Length..];

    // RFC 8878 section 3.1.1.1: magic, no flags, window 2^31, then a last raw block of one byte.
    private static readonly byte[] WideWindow = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3, 0x09, 0x00, 0x00, 0x00];

    public static IReadOnlyDictionary<string, HostileArchive> All { get; } = new Dictionary<string, HostileArchive>(StringComparer.Ordinal)
    {
        ["empty archive"] = Of(() => new TestArchive(), "neither oci-layout nor manifest.json"),
        ["no document"] = Of(() => new TestArchive().Add("etc/passwd", "root"), "neither oci-layout nor manifest.json"),
        ["index without layout"] = Of(() => Oci().Without("oci-layout"), "neither oci-layout nor manifest.json"),
        ["layout without index"] = Of(() => Oci().Without("index.json"), "no index.json"),
        ["layout of another version"] = Of(() => Oci().Without("oci-layout").Add("oci-layout", """{"imageLayoutVersion":"2.0.0"}"""), "imageLayoutVersion"),
        ["layout that is no json"] = Of(() => Oci().Without("oci-layout").Add("oci-layout", "x"), "oci-layout"),
        ["index that is no json"] = Of(() => Index("{"), "not UTF-8 JSON"),
        ["index with a key twice"] = Of(() => Index("""{"schemaVersion":2,"schemaVersion":2,"manifests":[]}"""), "key twice"),
        ["index that is a manifest too"] = Of(() => Index("""{"schemaVersion":2,"manifests":[],"layers":[]}"""), "index and a manifest at once"),
        ["index in another spelling"] = Of(() => Index("""{"schemaVersion":2,"Manifests":[],"manifests":[]}"""), "another spelling"),
        ["index without images"] = Of(() => Index("""{"schemaVersion":2,"manifests":[]}"""), "names no image"),
        ["index nested too deep in json"] = Of(() => Index(new string('[', 100_000)), "nested"),
        ["index of a digest that is a path"] = Of(() => Index(TestArchive.IndexOf((App, Image)).Replace(Image.Digest, "sha256:../../etc/passwd")), "not a digest"),
        ["index of another size"] = Of(() => Index(TestArchive.IndexOf((App, Image)).Replace("\"size\":", "\"size\":1")), "its descriptor says"),
        ["index of a negative size"] = Of(() => Index(TestArchive.IndexOf((App, Image)).Replace("\"size\":", "\"size\":-")), "size"),
        ["index of something that is no image"] = Of(() => Index(TestArchive.IndexOf((App, Image)).Replace(Image.MediaType, "application/octet-stream")), "no image"),
        ["manifest said to be an index"] = Of(() => Index(TestArchive.IndexOf((App, Image)).Replace(Image.MediaType, MediaTypes.OciIndex)), "index"),
        ["blob that is missing"] = Of(() => Oci().WithoutBlob(Image.Layers[0].Digest), "lacks " + Image.Layers[0].Digest),
        ["manifest that is missing"] = Of(() => Oci().WithoutBlob(Image.Digest), "lacks " + Image.Digest),
        ["blob under another's digest"] = Of(() => Oci().WithoutBlob(Image.ConfigDigest).Add("blobs/sha256/" + Hex, "other"), "holds the bytes of sha256:"),
        ["blob under no digest"] = Of(() => Oci().Add("blobs/sha256/../../escape", "x"), "no digest"),
        ["blob under an upper-case digest"] = Of(() => Oci().Add("blobs/sha256/" + Hex.ToUpperInvariant(), "x"), "no digest"),
        ["blob twice with other bytes"] = Of(() => Oci().Add("note", "1").Add("note", "2"), "twice"),
        ["index twice with other bytes"] = Of(() => Oci().Add("index.json", "{}"), "twice"),
        ["file where a link was"] = Of(() => Docker().AddLink("x", "c.json").Add("x", "1"), "twice"),
        ["link where a file was"] = Of(() => Docker().Add("x", "1").AddLink("x", "c.json"), "twice"),
        ["link for a document"] = Of(() => Oci().Without("index.json").AddLink("index.json", "x"), "twice"),
        ["symbolic link in a layout"] = Of(() => Oci().AddLink("blobs/sha256/" + new string('a', 64), "/etc/passwd"), "leads out"),
        ["hard link in a layout"] = Of(() => Oci().AddLink("x", "index.json", hard: true), "is a link"),
        ["link out of the archive"] = Of(() => Docker().AddLink("x/layer.tar", "../../etc/passwd"), "leads out"),
        ["link to nothing"] = Of(() => Docker().AddLink("x/layer.tar", "../nothing"), "leads to no file"),
        ["links in a circle"] = Of(() => Docker().AddLink("x", "y").AddLink("y", "x"), "leads to no file"),
        ["character device"] = Of(() => Oci().Add(new GnuTarEntry(TarEntryType.CharacterDevice, "dev")), "device"),
        ["block device"] = Of(() => Oci().Add(new GnuTarEntry(TarEntryType.BlockDevice, "dev")), "device"),
        ["FIFO"] = Of(() => Oci().Add(new GnuTarEntry(TarEntryType.Fifo, "pipe")), "FIFO"),
        ["name that is too long"] = Of(() => Oci().Add(new string('n', 600), "x"), "longer than"),
        ["name that is not valid"] = Of(() => TestArchive.OciLayout(("docker.io/UPPER/case:1", Image)), "not an image reference"),
        ["name with control characters"] = Of(() => TestArchive.OciLayout(("docker.io/a/b:1\u001b[31m", Image)), "docker.io/a/b:1?[31m"),
        ["two images of one name"] = Of(() => TestArchive.OciLayout((App, Image), (App, TestImage.Small(1))), "two images"),
        ["image without a name"] = Of(() => TestArchive.OciLayout((null, Image)), "give a repository as prefix"),
        ["image with a bare tag"] = Of(() => TestArchive.OciLayout(("latest", Image)), "only the tag 'latest'; give a repository as prefix"),
        ["manifest.json that is an object"] = Of(() => Docker("{}"), "not an array"),
        ["manifest.json without images"] = Of(() => Docker("[]"), "names no image"),
        ["manifest.json without a config"] = Of(() => Docker("""[{"Layers":["l/layer.tar"]}]"""), "Config is missing"),
        ["manifest.json with a path upwards"] = Of(() => Docker("""[{"Config":"../../etc/passwd","Layers":[]}]"""), "does not hold"),
        ["manifest.json with an absolute path"] = Of(() => Docker("""[{"Config":"/c.json","Layers":[]}]"""), "does not hold"),
        ["manifest.json of a missing layer"] = Of(() => Docker("""[{"Config":"c.json","RepoTags":["a:1"],"Layers":["gone/layer.tar"]}]"""), "Layers[0] names 'gone/layer.tar'"),
        ["manifest.json with more layers than diff ids"] = Of(() => Docker("""[{"Config":"c.json","RepoTags":["a:1"],"Layers":["l/layer.tar","l/layer.tar"]}]"""), "1 diff ids for 2 layers"),
        ["manifest.json with 600 layers"] = Of(() => Docker($$"""[{"Config":"c.json","RepoTags":["a:1"],"Layers":[{{string.Join(',', Enumerable.Repeat("\"l/layer.tar\"", 600))}}]}]"""), "too many elements"),
        ["config that is a layer"] = Of(() => Docker("""[{"Config":"l/layer.tar","RepoTags":["a:1"],"Layers":["l/layer.tar"]}]"""), "image config"),
        ["empty config"] = Of(() => Docker("""[{"Config":"empty","RepoTags":["a:1"],"Layers":[]}]""").Add("empty", ""), "size"),
        ["foreign layer"] = Of(() => TestArchive.OciLayout((App, Foreign())), "foreign"),
        ["schema 1"] = Of(() => TestArchive.OciLayout((App, TestImage.Raw(MediaTypes.OciManifest, """{"schemaVersion":1,"fsLayers":[]}"""))), "schema 1"),
        ["indexes five deep"] = Of(() => TestArchive.OciLayout((App, Nested(5))), "nested deeper than 4"),
        ["platform that is missing"] = Of(() => TestArchive.OciLayout((App, TestImage.Index(docker: false, ("linux/amd64", Image), ("linux/arm64", Arm)))).WithoutBlob(Arm.Digest), "lacks " + Arm.Digest),
        ["index over four megabytes"] = Of(() => Index(new string(' ', (4 << 20) + 1)), OverDocument, isTooLarge: true),
        ["manifest over four megabytes"] = Of(() => TestArchive.OciLayout((App, TestImage.Raw(MediaTypes.OciManifest, "{" + new string(' ', 4 << 20) + "}"))), OverDocument, isTooLarge: true),
        ["more than twenty thousand entries"] = Of(() => Enumerable.Range(0, 20_000).Aggregate(Oci(), (archive, i) => archive.AddFolder($"{i}/")), "20000 entries", isTooLarge: true),
        ["nothing"] = OfBytes(() => [], "truncated"),
        ["text"] = OfBytes(() => Padded("x"), "not a tar archive"),
        ["JSON"] = OfBytes(() => Padded("{\"reference\":\"alpine\"}"), "not a tar archive"),
        ["zip file"] = OfBytes(() => Padded("PK\u0003\u0004"), "not a tar archive"),
        ["archive behind the end"] = OfBytes(() => [.. Oci().ToBytes(), .. Oci().ToBytes()], "goes on after its end"),
        ["window of two gigabytes"] = OfBytes(() => WideWindow, "window"),
        ["blob with a window of two gigabytes"] = Of(() => Oci().Add("blobs/wide", WideWindow), "window", isTooLarge: true),
        ["bomb in gzip"] = OfBytes(() => Smallest(Zeros().ToBytes()), OverRatio, isTooLarge: true),
        ["bomb in zstd"] = OfBytes(() => Zeros().ToBytes(Compression.Zstd), OverRatio, isTooLarge: true),
        // Neither the archive's own compression nor its size tells of these.
        ["layer bomb in gzip"] = OfBytes(() => Bombs(Compression.Gzip, 1), OverRatio, isTooLarge: true),
        ["layer bomb in zstd"] = OfBytes(() => Bombs(Compression.Zstd, 1), OverRatio, isTooLarge: true),
        ["layers that are a bomb together in gzip"] = OfBytes(() => Bombs(Compression.Gzip, 3), OverRatio, isTooLarge: true),
        ["layers that are a bomb together in zstd"] = OfBytes(() => Bombs(Compression.Zstd, 3), OverRatio, isTooLarge: true),
        ["layer bomb behind a skippable frame"] = OfBytes(() => TestArchive.OciLayout((App, TestImage.Of(Layer.Bomb(Compression.Zstd, 180 << 20).BehindSkippableFrame()))).ToBytes(), OverRatio, isTooLarge: true),
    };

    /// <summary>An image below so many indexes.</summary>
    public static TestImage Nested(int depth)
    {
        var image = Image;
        for (var level = 0; level < depth; level++)
        {
            image = TestImage.Index(docker: false, ("linux/amd64", image));
        }

        return image;
    }

    private static HostileArchive Of(Func<TestArchive> make, string told, bool isTooLarge = false) =>
        new(() => Enum.GetValues<Compression>().Select(compression => make().ToBytes(compression)), told, isTooLarge);

    private static HostileArchive OfBytes(Func<byte[]> make, string told, bool isTooLarge = false) => new(() => [make()], told, isTooLarge);

    private static TestArchive Oci() => TestArchive.OciLayout((App, Image));

    private static TestArchive Index(string json) => new TestArchive().Add("oci-layout", Layout).Add("index.json", json).AddBlobs([Image]);

    private static TestArchive Docker(string manifest = """[{"Config":"c.json","RepoTags":["a:1"],"Layers":["l/layer.tar"]}]""") =>
        new TestArchive().Add("c.json", Image.Blobs[Image.ConfigDigest]).Add("l/layer.tar", Image.Layers[0].Bytes).Add("manifest.json", manifest);

    private static TestImage Foreign() => TestImage.Raw(
        MediaTypes.OciManifest,
        $$"""{"schemaVersion":2,"config":{"mediaType":"{{MediaTypes.OciConfig}}","digest":"{{Image.ConfigDigest}}","size":7},"layers":[{"mediaType":"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip","digest":"{{Image.Layers[0].Digest}}","size":7,"urls":["http://169.254.169.254/"]}]}""");

    private static byte[] Padded(string text) => Encoding.UTF8.GetBytes(text.PadRight(2000, 'x'));

    private static TestArchive Zeros() => Oci().Add("zeros", new byte[150 << 20]);

    private static byte[] Bombs(Compression compression, int layers) =>
        TestArchive.OciLayout((App, TestImage.Of([.. Enumerable.Range(0, layers).Select(i => Layer.Bomb(compression, ((180 << 20) / layers) + i))]))).ToBytes();

    // The fastest gzip stays below the bound.
    private static byte[] Smallest(byte[] bytes)
    {
        using var output = new MemoryStream();
        using (var writer = new GZipStream(output, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            writer.Write(bytes);
        }

        return output.ToArray();
    }
}
