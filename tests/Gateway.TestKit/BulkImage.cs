using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Gateway.TestKit;

/// <summary>A large image in files: made block by block, so that hundreds of megabytes take no memory. Equal arguments make equal digests.</summary>
public sealed class BulkImage : IDisposable
{
    private const int BlockBytes = 64 * 1024;
    private const int TarRecord = 512;
    private readonly string folder = Repo.NewFolder("bulk");

    private BulkImage()
    {
    }

    /// <summary>The config and the layers.</summary>
    public IReadOnlyList<(string Digest, string Path)> Files { get; private set; } = [];

    public byte[] Manifest { get; private set; } = [];

    public const string MediaType = "application/vnd.oci.image.manifest.v1+json";

    public string Digest => Layer.Hash(Manifest);

    /// <summary>Keys of the snapshots, lowest first.</summary>
    public IReadOnlyList<string> ChainIds { get; private set; } = [];

    /// <summary>Compressed bytes of all layers.</summary>
    public long StoredBytes { get; private set; }

    /// <param name="layers">Each holds an equal share in one file.</param>
    /// <param name="totalBytes">Uncompressed bytes of all files together.</param>
    /// <param name="compressibleFraction">0: random bytes, which gzip cannot shrink; 1: zeros.</param>
    /// <param name="seed">Another seed makes another image.</param>
    public static BulkImage Create(int layers, long totalBytes, double compressibleFraction, int seed = 1)
    {
        var image = new BulkImage();
        var made = Enumerable.Range(0, layers).Select(i => image.WriteLayer(i, totalBytes / layers, compressibleFraction, seed)).ToArray();
        var config = image.WriteConfig(made.Select(layer => layer.DiffId));
        image.Files = [config, .. made.Select(layer => (layer.Digest, layer.Path))];
        image.Manifest = Encoding.UTF8.GetBytes(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = MediaType,
            ["config"] = Descriptor("application/vnd.oci.image.config.v1+json", config),
            ["layers"] = new JsonArray([.. made.Select(layer => Descriptor("application/vnd.oci.image.layer.v1.tar+gzip", (layer.Digest, layer.Path)))]),
        }.ToJsonString());
        image.ChainIds = TestImage.ChainOf([.. made.Select(layer => layer.DiffId)]);
        image.StoredBytes = made.Sum(layer => new FileInfo(layer.Path).Length);
        return image;
    }

    /// <summary>Packs it as an OCI layout by GNU tar; gives the file, which goes with the image.</summary>
    public async Task<string> PackAsync(string name)
    {
        var layout = Directory.CreateDirectory(Path.Combine(folder, "layout")).FullName;
        var blobs = Directory.CreateDirectory(Path.Combine(layout, "blobs", "sha256")).FullName;
        foreach (var (digest, path) in Files)
        {
            File.CreateSymbolicLink(Path.Combine(blobs, digest["sha256:".Length..]), path);
        }

        await File.WriteAllBytesAsync(Path.Combine(blobs, Digest["sha256:".Length..]), Manifest);
        await File.WriteAllTextAsync(Path.Combine(layout, "oci-layout"), """{"imageLayoutVersion":"1.0.0"}""");
        await File.WriteAllTextAsync(Path.Combine(layout, "index.json"),
            $$$"""{"schemaVersion":2,"manifests":[{"mediaType":"{{{MediaType}}}","digest":"{{{Digest}}}","size":{{{Manifest.Length}}},"annotations":{"io.containerd.image.name":"{{{name}}}"}}]}""");
        await ChildProcess.RunAsync("tar", "--dereference", "-cf", Path.Combine(folder, "image.tar"), "-C", layout, "oci-layout", "index.json", "blobs");
        return Path.Combine(folder, "image.tar");
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static JsonObject Descriptor(string mediaType, (string Digest, string Path) file) =>
        new JsonObject { ["mediaType"] = mediaType, ["digest"] = file.Digest, ["size"] = new FileInfo(file.Path).Length };

    private (string Digest, string Path) WriteConfig(IEnumerable<string> diffIds)
    {
        var bytes = Encoding.UTF8.GetBytes(new JsonObject
        {
            ["architecture"] = "amd64",
            ["os"] = "linux",
            ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = new JsonArray([.. diffIds.Select(id => (JsonNode)id)]) },
        }.ToJsonString());
        var path = Path.Combine(folder, "config");
        File.WriteAllBytes(path, bytes);
        return (Layer.Hash(bytes), path);
    }

    private (string Digest, string DiffId, string Path) WriteLayer(int index, long bytes, double compressibleFraction, int seed)
    {
        var path = Path.Combine(folder, $"layer-{index}");
        using var diffId = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using (var file = File.Create(path))
        using (var gzip = new GZipStream(file, CompressionLevel.Fastest))
        {
            var random = new Random((seed * 1_000) + index);
            Write(gzip, diffId, Header($"layer-{index}", bytes));
            var block = new byte[BlockBytes];
            for (var left = bytes; left > 0; left -= block.Length)
            {
                Fill(block, random, compressibleFraction);
                Write(gzip, diffId, block.AsSpan(0, (int)Math.Min(left, block.Length)));
            }

            // The file is padded to whole records, and two records of zeros end the archive.
            Write(gzip, diffId, new byte[((TarRecord - (bytes % TarRecord)) % TarRecord) + (2 * TarRecord)]);
        }

        using var stored = File.OpenRead(path);
        return ("sha256:" + Convert.ToHexStringLower(SHA256.HashData(stored)), "sha256:" + Convert.ToHexStringLower(diffId.GetHashAndReset()), path);
    }

    private static void Write(Stream stream, IncrementalHash hash, ReadOnlySpan<byte> bytes)
    {
        stream.Write(bytes);
        hash.AppendData(bytes);
    }

    // POSIX ustar: name 0, mode 100, uid 108, gid 116, size 124, mtime 136, checksum 148 (summed as blanks), type 156, magic 257.
    private static byte[] Header(string name, long bytes)
    {
        var header = new byte[TarRecord];
        Put(0, name);
        Put(100, "0000644\0");
        Put(108, "0000000\0");
        Put(116, "0000000\0");
        Put(124, Convert.ToString(bytes, 8).PadLeft(11, '0') + "\0");
        Put(136, "14524770400\0");
        Put(148, "        ");
        Put(156, "0");
        Put(257, "ustar\0" + "00");
        Put(148, Convert.ToString(header.Sum(value => (int)value), 8).PadLeft(6, '0') + "\0 ");
        return header;

        void Put(int at, string text) => Encoding.ASCII.GetBytes(text, header.AsSpan(at));
    }

    // Every block is random for the one part and zeros for the other, so that the work is spread evenly over the layer.
    private static void Fill(Span<byte> block, Random random, double compressibleFraction)
    {
        var incompressible = (int)(block.Length * (1 - compressibleFraction));
        random.NextBytes(block[..incompressible]);
        block[incompressible..].Clear();
    }
}
