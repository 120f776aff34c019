using System.Formats.Tar;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.Oci;
using Gateway.Oci.Archives;
using Gateway.TestKit;

namespace Gateway.Tests.Oci.Archives;

public sealed class ArchiveLayoutTests
{
    private static readonly TestImage Image = TestImage.Of(Layer.Of(Compression.Gzip, ("a", "1")), Layer.Of(Compression.Gzip, ("b", "2")));

    [Fact]
    public void Archive_is_read_by_another_tar_reader_entry_by_entry()
    {
        using var tar = new TarReaderOf(Pack("docker.io/acme/app:1"));
        var blobs = Image.Blobs.Keys.Concat(Image.Manifests.Keys).Order(StringComparer.Ordinal).Select(digest => "blobs/" + digest.Replace(':', '/'));
        Assert.Equal(["blobs/", "blobs/sha256/", .. blobs, "index.json", "manifest.json", "oci-layout"], tar.Entries.Select(entry => entry.Name));
        Assert.All(tar.Entries.Where(entry => entry.EntryType is TarEntryType.RegularFile), entry => Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead, entry.Mode));
        Assert.All(tar.Entries, entry => Assert.Equal((DateTimeOffset.UnixEpoch, 0, 0), (entry.ModificationTime, entry.Uid, entry.Gid)));
        Assert.Equal("""{"imageLayoutVersion":"1.0.0"}""", Encoding.UTF8.GetString(tar.Data["oci-layout"]));
        var index = JsonNode.Parse(tar.Data["index.json"])!["manifests"]!.AsArray().Single()!;
        Assert.Equal((Image.Digest, "docker.io/acme/app:1", "1"), ((string?)index["digest"], (string?)index["annotations"]![TestArchive.FullName], (string?)index["annotations"]![TestArchive.RefName]));
        var docker = JsonNode.Parse(tar.Data["manifest.json"])!.AsArray().Single()!;
        Assert.Equal("blobs/" + Image.ConfigDigest.Replace(':', '/'), (string?)docker["Config"]);
        Assert.Equal(Image.Layers.Select(layer => "blobs/" + layer.Digest.Replace(':', '/')), docker["Layers"]!.AsArray().Select(layer => (string)layer!));
        Assert.Equal(["docker.io/acme/app:1"], docker["RepoTags"]!.AsArray().Select(tag => (string)tag!));
    }

    [Fact]
    public async Task Archive_is_read_by_the_import()
    {
        var trial = await ArchiveTrial.ImportAsync(Pack("docker.io/acme/app:1", "docker.io/acme/app:2"));
        Assert.Equal(["docker.io/acme/app:1", "docker.io/acme/app:2"], trial.Names.Select(name => name.Name));
    }

    [Fact]
    public void Docker_gets_tags_only()
    {
        using var tar = new TarReaderOf(Pack("docker.io/acme/app:1", "docker.io/acme/app@" + Image.Digest, "odd name"));
        Assert.Equal(["docker.io/acme/app:1"], JsonNode.Parse(tar.Data["manifest.json"])![0]!["RepoTags"]!.AsArray().Select(tag => (string)tag!));
        var names = JsonNode.Parse(tar.Data["index.json"])!["manifests"]!.AsArray().Select(entry => (string?)entry!["annotations"]![TestArchive.RefName]);
        Assert.Equal(["1", Image.Digest, null], names);
    }

    [Fact]
    public void Same_images_make_the_same_bytes() => Assert.Equal(Pack("docker.io/acme/app:1"), Pack("docker.io/acme/app:1"));

    [Theory]
    [InlineData(0, "00000000000")]
    [InlineData(511, "00000000777")]
    [InlineData((1L << 33) - 1, "77777777777")]
    [InlineData(1L << 33, null)]
    [InlineData(1L << 40, null)]
    public void Size_is_written_as_every_reader_takes_it(long size, string? octal)
    {
        var block = TarBlock.File("x", size);
        Assert.Equal(size, TarHeader.Parse(block).Size);
        if (octal is not null)
        {
            Assert.Equal(octal, Encoding.ASCII.GetString(block, 124, 11));
        }
    }

    private static byte[] Pack(params string[] names)
    {
        var blobs = Image.Blobs.Concat(Image.Manifests.Select(manifest => KeyValuePair.Create(manifest.Key, manifest.Value.Bytes))).ToDictionary(blob => Digest.Parse(blob.Key), blob => blob.Value);
        var target = new Descriptor { MediaType = Image.MediaType, Digest = Digest.Parse(Image.Digest), Size = Image.Manifests[Image.Digest].Bytes.Length };
        var manifest = (ImageManifest)OciDocument.Parse(Image.Manifests[Image.Digest].Bytes, Image.MediaType);
        var pieces = ArchiveLayout.Pieces(names.Select(name => new PackedImage(name, target, manifest)).ToArray(), blobs.ToDictionary(blob => blob.Key, blob => (long)blob.Value.Length));
        return [.. pieces.SelectMany(piece => (byte[])[.. piece.Bytes.Span, .. piece.Blob is { } blob ? blobs[blob] : []])];
    }

    private sealed class TarReaderOf : IDisposable
    {
        private readonly System.Formats.Tar.TarReader reader;

        public TarReaderOf(byte[] archive)
        {
            reader = new(new MemoryStream(archive));
            while (reader.GetNextEntry(copyData: true) is { } entry)
            {
                Entries.Add(entry);
                using var data = new MemoryStream();
                entry.DataStream?.CopyTo(data);
                Data[entry.Name] = data.ToArray();
            }
        }

        public List<System.Formats.Tar.TarEntry> Entries { get; } = [];

        public Dictionary<string, byte[]> Data { get; } = [];

        public void Dispose() => reader.Dispose();
    }
}
