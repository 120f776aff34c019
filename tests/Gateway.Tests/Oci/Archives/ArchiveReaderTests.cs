using System.Formats.Tar;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.Oci;
using Gateway.TestKit;

namespace Gateway.Tests.Oci.Archives;

public sealed class ArchiveReaderTests
{
    private const string App = "docker.io/acme/app:1";

    private static readonly TestImage Image = TestImage.Of(Layer.Of(Compression.Gzip, ("a", "1")), Layer.Of(Compression.None, ("b", "2")));

    [Theory]
    [InlineData(Compression.None)]
    [InlineData(Compression.Gzip)]
    [InlineData(Compression.Zstd)]
    public async Task Layout_is_read_however_it_is_compressed(Compression compression)
    {
        var archive = TestArchive.OciLayout((App, Image)).ToBytes(compression);
        var trial = await ArchiveTrial.ImportAsync(archive);
        Assert.Equal((App, Image.Digest), (trial.Names.Single().Name, trial.Names.Single().Target.Digest.ToString()));
        Assert.Equal(archive.Length, trial.Contents.RawBytes);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(511)]
    [InlineData(4096)]
    public async Task Pieces_of_any_length_make_the_same_archive(int length)
    {
        var archive = TestArchive.OciLayout((App, Image)).ToBytes(Compression.Gzip);
        var trial = await ArchiveTrial.ImportAsync(new Pieces(archive, length));
        Assert.Equal(Image.Digest, trial.Names.Single().Target.Digest.ToString());
    }

    [Fact]
    public async Task Entries_named_from_the_folder_they_were_packed_in_are_found()
    {
        var archive = new TestArchive().AddFolder("./").Add("./oci-layout", """{"imageLayoutVersion":"1.0.0"}""").Add(".//index.json", TestArchive.IndexOf((App, Image)));
        foreach (var (digest, bytes) in Image.Blobs.Concat(Image.Manifests.Select(manifest => KeyValuePair.Create(manifest.Key, manifest.Value.Bytes))))
        {
            archive.Add("./blobs/./sha256/" + digest["sha256:".Length..], bytes);
        }

        Assert.Equal(App, (await ArchiveTrial.ImportAsync(archive.ToBytes())).Names.Single().Name);
    }

    [Fact]
    public async Task Docker_save_gets_a_manifest_with_the_media_types_its_layers_have()
    {
        var layers = new[] { Layer.Of(Compression.None, ("a", "1")), Layer.Of(Compression.Gzip, ("b", "2")), Layer.Of(Compression.Zstd, ("c", "3")) };
        var image = TestImage.Of(layers, docker: true);
        var trial = await ArchiveTrial.ImportAsync(TestArchive.DockerSave(("alpine", image)).ToBytes());
        var (name, target) = trial.Names.Single();
        Assert.Equal("docker.io/library/alpine:latest", name);
        Assert.Equal(MediaTypes.DockerManifest, target.MediaType);
        var made = JsonNode.Parse(trial[target.Digest])!;
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(image.Manifests[image.Digest].Bytes), made), made.ToJsonString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Layers_that_are_links_are_the_files_they_lead_to(bool hard)
    {
        var image = TestImage.Of([Layer.Of(Compression.None, ("a", "1"))], docker: true);
        var archive = new TestArchive()
            .Add("c.json", image.Blobs[image.ConfigDigest]).Add("one/layer.tar", image.Layers[0].Bytes)
            .AddLink("two/layer.tar", hard ? "one/layer.tar" : "../one/layer.tar", hard).AddLink("three/layer.tar", hard ? "two/layer.tar" : "../two/./layer.tar", hard)
            .Add("manifest.json", """[{"Config":"c.json","RepoTags":["app:1"],"Layers":["three/layer.tar"]}]""");
        Assert.Equal("docker.io/library/app:1", (await ArchiveTrial.ImportAsync(archive.ToBytes())).Names.Single().Name);
    }

    [Fact]
    public async Task Same_file_twice_is_one_file()
    {
        var archive = TestArchive.OciLayout((App, Image)).AddBlobs([Image]).Add("index.json", TestArchive.IndexOf((App, Image)));
        Assert.Single((await ArchiveTrial.ImportAsync(archive.ToBytes())).Names);
    }

    [Fact]
    public async Task Nothing_is_ever_written_under_a_name_of_an_entry()
    {
        var folder = Directory.CreateTempSubdirectory("gateway-names-").FullName;
        try
        {
            var archive = TestArchive.OciLayout((App, Image)).Add("../../../../../.." + folder + "/up", "x").Add(folder + "/absolute", "x").Add("..", "x").Add("a\\b", "x");
            Assert.Single((await ArchiveTrial.ImportAsync(archive.ToBytes())).Names);
            Assert.Empty(Directory.GetFileSystemEntries(folder));
        }
        finally
        {
            Directory.Delete(folder);
        }
    }

    [Fact]
    public async Task Archive_cut_at_any_block_is_refused_until_its_end_mark_is_there()
    {
        var archive = TestArchive.OciLayout((App, Image)).ToBytes();
        var end = archive.Length - 1024;
        for (var length = 0; length < archive.Length; length += 512)
        {
            var cut = archive[..length];
            if (length <= end)
            {
                await ArchiveTrial.RefusalAsync(cut);
            }
            else
            {
                await ArchiveTrial.ImportAsync(cut);
            }
        }
    }

    [Theory]
    [InlineData(Compression.Gzip)]
    [InlineData(Compression.Zstd)]
    public async Task Compressed_archive_cut_anywhere_is_refused(Compression compression)
    {
        // The last bytes hold zeros and checksums: all that counts has been read, and checked by its digests.
        const int Tail = 64;
        var archive = TestArchive.OciLayout((App, Image)).ToBytes(compression);
        for (var length = 0; length < archive.Length - Tail; length += 37)
        {
            await ArchiveTrial.RefusalAsync(archive[..length]);
        }
    }

    [Fact]
    public async Task Damaged_archive_is_refused_or_read_as_what_its_digests_say()
    {
        var archive = TestArchive.OciLayout((App, Image)).ToBytes();
        var random = new Random(1);
        for (var round = 0; round < 1000; round++)
        {
            var damaged = archive.ToArray();
            for (var change = 0; change <= round % 3; change++)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            try
            {
                await ArchiveTrial.ImportAsync(damaged);
            }
            catch (OciException fault)
            {
                Assert.True(fault.Fault is OciFault.ArchiveInvalid or OciFault.ArchiveTooLarge, fault.ToString());
            }
        }
    }

    [Theory]
    [InlineData(TarEntryFormat.V7)]
    [InlineData(TarEntryFormat.Ustar)]
    [InlineData(TarEntryFormat.Pax)]
    [InlineData(TarEntryFormat.Gnu)]
    public async Task Every_form_of_tar_is_read(TarEntryFormat format)
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, format, leaveOpen: true))
        {
            foreach (var (name, bytes) in Files())
            {
                TarEntry entry = format switch
                {
                    TarEntryFormat.V7 => new V7TarEntry(TarEntryType.V7RegularFile, name),
                    TarEntryFormat.Ustar => new UstarTarEntry(TarEntryType.RegularFile, name),
                    TarEntryFormat.Pax => new PaxTarEntry(TarEntryType.RegularFile, name),
                    _ => new GnuTarEntry(TarEntryType.RegularFile, name),
                };
                entry.DataStream = new MemoryStream(bytes);
                writer.WriteEntry(entry);
            }
        }

        Assert.Equal(App, (await ArchiveTrial.ImportAsync(tar.ToArray())).Names.Single().Name);
    }

    private static IEnumerable<(string Name, byte[] Bytes)> Files() =>
    [
        ("oci-layout", """{"imageLayoutVersion":"1.0.0"}"""u8.ToArray()),
        ("index.json", Encoding.UTF8.GetBytes(TestArchive.IndexOf((App, Image)))),
        .. Image.Blobs.Select(blob => ("blobs/" + blob.Key.Replace(':', '/'), blob.Value)),
        .. Image.Manifests.Select(manifest => ("blobs/" + manifest.Key.Replace(':', '/'), manifest.Value.Bytes)),
    ];

    /// <summary>Gives so many bytes at a time.</summary>
    private sealed class Pieces(byte[] bytes, int length) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(length, buffer.Length)], cancellationToken);
    }
}
