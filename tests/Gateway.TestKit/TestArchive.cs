using System.Formats.Tar;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gateway.TestKit;

/// <summary>An image archive, made entry by entry with .NET's own tar writer, apart from the code under test.</summary>
public sealed class TestArchive
{
    private static readonly DateTimeOffset Epoch = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);

    private readonly List<TarEntry> entries = [];

    public const string FullName = "io.containerd.image.name";
    public const string RefName = "org.opencontainers.image.ref.name";

    /// <summary>An OCI layout of images by name; a name that is only a tag stands alone, as skopeo writes it.</summary>
    public static TestArchive OciLayout(params (string? Name, TestImage Image)[] images)
    {
        var archive = new TestArchive().Add("oci-layout", """{"imageLayoutVersion":"1.0.0"}""");
        archive.Add("index.json", IndexOf(images));
        return archive.AddBlobs(images.Select(image => image.Image));
    }

    // Media types keep their plus sign, so that a test can replace one in the text.
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What <c>docker save</c> wrote up to version 24: uncompressed layers in a folder each, repeated ones as symbolic links.</summary>
    public static TestArchive DockerSave(params (string? Tag, TestImage Image)[] images)
    {
        var archive = new TestArchive();
        var places = new Dictionary<string, string>();
        var manifest = new JsonArray();
        foreach (var (tag, image) in images)
        {
            var layers = new JsonArray();
            foreach (var layer in image.Layers)
            {
                var folder = Layer.Hash(Encoding.UTF8.GetBytes($"{image.Digest} {layers.Count}"))["sha256:".Length..];
                archive.AddFolder(folder + "/").Add($"{folder}/VERSION", "1.0").Add($"{folder}/json", "{}");
                if (places.TryGetValue(layer.DiffId, out var before))
                {
                    archive.AddLink($"{folder}/layer.tar", $"../{before}/layer.tar");
                }
                else
                {
                    archive.Add($"{folder}/layer.tar", layer.Bytes);
                    places[layer.DiffId] = folder;
                }

                layers.Add($"{folder}/layer.tar");
            }

            var config = image.ConfigDigest["sha256:".Length..] + ".json";
            archive.Add(config, image.Blobs[image.ConfigDigest]);
            manifest.Add(new JsonObject { ["Config"] = config, ["RepoTags"] = tag is null ? null : new JsonArray(tag), ["Layers"] = layers });
        }

        return archive.Add("manifest.json", manifest.ToJsonString()).Add("repositories", "{}");
    }

    /// <summary>The text of an index.json.</summary>
    public static string IndexOf(params (string? Name, TestImage Image)[] images) => new JsonObject
    {
        ["schemaVersion"] = 2,
        ["manifests"] = new JsonArray([.. images.Select(image => (JsonNode)Entry(image.Name, image.Image))]),
    }.ToJsonString(Plain);

    public TestArchive Add(string name, string text) => Add(name, Encoding.UTF8.GetBytes(text));

    public TestArchive Add(string name, byte[] bytes) => Add(new GnuTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(bytes) });

    public TestArchive AddFolder(string name) => Add(new GnuTarEntry(TarEntryType.Directory, name));

    public TestArchive AddLink(string name, string target, bool hard = false) =>
        Add(new GnuTarEntry(hard ? TarEntryType.HardLink : TarEntryType.SymbolicLink, name) { LinkName = target });

    public TestArchive Add(TarEntry entry)
    {
        entry.ModificationTime = Epoch;
        entries.Add(entry);
        return this;
    }

    public TestArchive AddBlobs(IEnumerable<TestImage> images)
    {
        var blobs = images.SelectMany(image => image.Blobs.Concat(image.Manifests.Select(manifest => KeyValuePair.Create(manifest.Key, manifest.Value.Bytes))));
        foreach (var (digest, bytes) in blobs.DistinctBy(blob => blob.Key))
        {
            Add("blobs/" + digest.Replace(':', '/'), bytes);
        }

        return this;
    }

    /// <summary>Takes out what has this name.</summary>
    public TestArchive Without(string name)
    {
        entries.RemoveAll(entry => entry.Name == name);
        return this;
    }

    public TestArchive WithoutBlob(string digest) => Without("blobs/" + digest.Replace(':', '/'));

    public byte[] ToBytes(Compression compression = Compression.None)
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Gnu, leaveOpen: true))
        {
            foreach (var entry in entries)
            {
                if (entry.DataStream is { } data)
                {
                    data.Position = 0;
                }

                writer.WriteEntry(entry);
            }
        }

        // Without entries the writer writes nothing, but an empty archive is two blocks of zeros.
        return Layer.Of(compression, entries.Count is 0 ? new byte[1024] : tar.ToArray()).Bytes;
    }

    private static JsonObject Entry(string? name, TestImage image) => new()
    {
        ["mediaType"] = image.MediaType,
        ["digest"] = image.Digest,
        ["size"] = image.Manifests[image.Digest].Bytes.Length,
        ["annotations"] = name is null ? null : new JsonObject { [name.Contains('/') ? FullName : RefName] = name },
    };
}
