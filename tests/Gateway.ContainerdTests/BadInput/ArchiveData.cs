using System.IO.Compression;
using System.Text;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.BadInput;

/// <summary>Bodies of an import that are no archive of images, by what is wrong with them.</summary>
internal static class ArchiveData
{
    private const string Invalid = "422 invalid_archive";
    private const string Layout = """{"imageLayoutVersion":"1.0.0"}""";
    private static readonly string Zeros = "sha256:" + new string('0', 64);

    public static IReadOnlyDictionary<string, (byte[] Bytes, string Expected)> All { get; } = Documents().Select(pair => (pair.Name, Tar(pair.Files), Invalid)).Concat(Bytes()).ToDictionary(bad => bad.Name, bad => (bad.Item2, bad.Item3));

    public static Cases Queries => new Cases()
        .Paths("POST", "400 invalid_request unpack", "{ns}/images/import?unpack=1", "{ns}/images/import?unpack=maybe", "{ns}/images/import?unpack=true&unpack=true")
        .Paths("POST", "400 invalid_request prefix", [.. new[] { "UPPER", "a%20b", "%00", "a:b", "..", "%2F", "a%2F%2Fb", "http:%2F%2Fa", "%C3%A9", new string('a', 300), "a&prefix=b" }.Select(prefix => $"{{ns}}/images/import?prefix={prefix}")])
        .Paths("POST", "400 invalid_request platform", "{ns}/images/import?platform=linux", "{ns}/images/import?platform=a%2Fb%2Fc%2Fd", "{ns}/images/import?platform=%2F")
        .Paths("POST", "400 invalid_request snapshotter", "{ns}/images/import?snapshotter=..", "{ns}/images/import?snapshotter=%2Fbin%2Fsh", $"{{ns}}/images/import?snapshotter={new string('s', 65)}")
        .Paths("POST", "422 snapshotter_not_found", "{ns}/images/import?snapshotter=absent");

    private static IEnumerable<(string Name, (string Name, string Text)[] Files)> Documents()
    {
        foreach (var text in new[] { "{", "[]", "null", "1", "\"\"", "{}", """{"schemaVersion":2}""", """{"schemaVersion":2,"manifests":null}""", """{"schemaVersion":2,"manifests":{}}""", """{"schemaVersion":2,"manifests":[]}""", """{"schemaVersion":2,"manifests":[null]}""", """{"schemaVersion":2,"manifests":[1]}""", """{"schemaVersion":2,"manifests":[{}]}""" })
        {
            yield return ($"index {text}", [("oci-layout", Layout), ("index.json", text)]);
        }

        foreach (var descriptor in new[]
        {
            "\"digest\":\"sha256:x\",\"size\":1", "\"digest\":\"../../etc/passwd\",\"size\":1", $"\"digest\":\"{Zeros}\",\"size\":-1", $"\"digest\":\"{Zeros}\",\"size\":1.5", $"\"digest\":\"{Zeros}\",\"size\":\"1\"", $"\"digest\":\"{Zeros}\",\"size\":9223372036854775807", $"\"digest\":\"{Zeros}\",\"size\":9223372036854775808",
            $"\"digest\":\"{Zeros}\",\"digest\":\"{Zeros}\",\"size\":1", $"\"digest\":\"{Zeros}\"", "\"size\":1", $"\"digest\":\"{Zeros}\",\"size\":1,\"annotations\":[]", $"\"digest\":\"{Zeros}\",\"size\":1,\"platform\":\"linux\"",
        })
        {
            yield return ($"descriptor {descriptor}", [("oci-layout", Layout), ("index.json", $$"""{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json",{{descriptor}}}]}""")]);
        }

        foreach (var text in new[] { "{", "{}", "null", "[]", "[null]", "[1]", "[{}]", """[{"Config":null}]""", """[{"Config":1,"Layers":[]}]""", """[{"Config":"absent.json","Layers":[],"RepoTags":["a:1"]}]""", """[{"Config":"../../etc/passwd","Layers":[],"RepoTags":["a:1"]}]""", """[{"Config":"a","Layers":[null],"RepoTags":["a:1"]}]""", """[{"Config":"a","Layers":"b","RepoTags":["a:1"]}]""" })
        {
            yield return ($"manifest.json {text}", [("manifest.json", text), ("a", "{}")]);
        }

        yield return ("nested 5,000 deep", [("oci-layout", Layout), ("index.json", string.Concat(Enumerable.Repeat("{\"a\":", 5000)) + "1" + new string('}', 5000))]);
        yield return ("no index", [("oci-layout", Layout)]);
        yield return ("layout of another version", [("oci-layout", """{"imageLayoutVersion":"9.0.0"}"""), ("index.json", """{"schemaVersion":2,"manifests":[]}""")]);
        yield return ("a blob under another digest", [("oci-layout", Layout), ("index.json", """{"schemaVersion":2,"manifests":[]}"""), ("blobs/sha256/" + new string('0', 64), "x")]);
        yield return ("only a stray file", [("README", "x")]);
    }

    private static IEnumerable<(string Name, byte[] Bytes, string Expected)> Bytes()
    {
        var tar = Tar([("oci-layout", Layout), ("index.json", """{"schemaVersion":2,"manifests":[]}""")]);
        yield return ("nothing", [], Invalid);
        yield return ("one byte", [1], Invalid);
        yield return ("text", Encoding.UTF8.GetBytes(new string('x', 2000)), Invalid);
        yield return ("zeros", new byte[10240], Invalid);
        yield return ("ones", [.. Enumerable.Repeat((byte)0xff, 1024)], Invalid);
        yield return ("half a header", tar[..300], Invalid);
        yield return ("cut in a file", tar[..600], Invalid);
        yield return ("a gzip's first bytes", [0x1f, 0x8b], Invalid);
        yield return ("a gzip of zeros", [0x1f, 0x8b, 8, .. new byte[50]], Invalid);
        yield return ("a gzip that is cut", Gzip(tar)[..^9], Invalid);
        yield return ("a gzip of nothing", Gzip([]), Invalid);
        yield return ("a gzip in a gzip", Gzip(Gzip(tar)), Invalid);
        yield return ("a zstd's first bytes", [0x28, 0xb5, 0x2f, 0xfd], Invalid);
        yield return ("a zstd of ones", [0x28, 0xb5, 0x2f, 0xfd, .. Enumerable.Repeat((byte)0xff, 64)], Invalid);
        yield return ("a bzip2", [.. "BZh91AY&SY"u8], Invalid);
        yield return ("an xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], Invalid);
        yield return ("a zip", [.. "PK\u0003\u0004"u8], Invalid);
        foreach (var (at, what) in new[] { (124, "size"), (148, "checksum"), (156, "type"), (100, "mode") })
        {
            var damaged = (byte[])tar.Clone();
            damaged[at] ^= 0x55;
            yield return ($"a damaged {what}", damaged, Invalid);
        }
    }

    private static byte[] Tar((string Name, string Text)[] files)
    {
        var archive = new TestArchive();
        foreach (var (name, text) in files)
        {
            archive.Add(name, text);
        }

        return archive.ToBytes();
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }
}
