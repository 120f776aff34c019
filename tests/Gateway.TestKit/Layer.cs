using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.TestKit;

public enum Compression
{
    None,
    Gzip,
    Zstd,
}

/// <summary>A layer: its stored bytes and the digest of its tar.</summary>
public sealed record Layer(byte[] Bytes, string Digest, string DiffId, Compression Compression)
{
    private static readonly DateTimeOffset Epoch = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);

    /// <summary>The layer that Docker writes for an instruction which changes no file; the same 32 bytes in countless images.</summary>
    public static Layer Empty { get; } = Stored(Convert.FromHexString("1f8b080000096e8800ff621805a360148c5800080000ffff2eafb5ef00040000"));

    /// <summary>Files by path; a value's first characters may say something else: see <see cref="Write"/>.</summary>
    public static Layer Of(Compression compression, params (string Path, string Content)[] entries)
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var (path, content) in entries)
            {
                Write(writer, path, content);
            }
        }

        // Without entries the writer writes nothing, but an empty archive is two blocks of zeros.
        return Of(compression, entries.Length is 0 ? new byte[1024] : tar.ToArray());
    }

    public static Layer Of(Compression compression, byte[] tar)
    {
        var stored = Compress(compression, tar);
        return new Layer(stored, Hash(stored), Hash(tar), compression);
    }

    /// <summary>A layer of so many incompressible bytes.</summary>
    public static Layer Random(int bytes, int seed, Compression compression = Compression.Gzip)
    {
        var data = new byte[bytes];
        new Random(seed).NextBytes(data);
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Pax, leaveOpen: true))
        {
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, $"random-{seed}") { DataStream = new MemoryStream(data), ModificationTime = Epoch });
        }

        return Of(compression, tar.ToArray());
    }

    /// <summary>So many zeros, as small as they become: gzip makes of them a thousandth.</summary>
    public static Layer Bomb(Compression compression, int bytes)
    {
        if (compression is not Compression.Gzip)
        {
            return Of(compression, new byte[bytes]);
        }

        using var stored = new MemoryStream();
        using (var gzip = new GZipStream(stored, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            gzip.Write(new byte[bytes]);
        }

        return Stored(stored.ToArray());
    }

    /// <summary>The same in zstd behind a frame that says nothing, which containerd skips: RFC 8878 section 3.1.2.</summary>
    public Layer BehindSkippableFrame()
    {
        byte[] stored = [0x5a, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4, .. Bytes];
        return this with { Bytes = stored, Digest = Hash(stored) };
    }

    private static Layer Stored(byte[] gzip)
    {
        using var tar = new MemoryStream();
        using (var reader = new GZipStream(new MemoryStream(gzip), CompressionMode.Decompress))
        {
            reader.CopyTo(tar);
        }

        return new Layer(gzip, Hash(gzip), Hash(tar.ToArray()), Compression.Gzip);
    }

    public static string Hash(byte[] bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));

    public string MediaType(bool docker) => (docker, Compression) switch
    {
        (false, Compression.None) => "application/vnd.oci.image.layer.v1.tar",
        (false, Compression.Gzip) => "application/vnd.oci.image.layer.v1.tar+gzip",
        (false, _) => "application/vnd.oci.image.layer.v1.tar+zstd",
        (true, Compression.None) => "application/vnd.docker.image.rootfs.diff.tar",
        (true, Compression.Gzip) => "application/vnd.docker.image.rootfs.diff.tar.gzip",
        (true, _) => "application/vnd.docker.image.rootfs.diff.tar.zstd",
    };

    // "dir:", "link:target", "symlink:target", "xattr:name=value" and "setuid:" make other entries than a file of the content.
    private static void Write(TarWriter writer, string path, string content)
    {
        var (kind, rest) = content.Split(':', 2) is [("dir" or "link" or "symlink" or "xattr" or "setuid") and var word, var tail] ? (word, tail) : ("file", content);
        var attributes = kind is "xattr" ? new Dictionary<string, string> { ["SCHILY.xattr." + rest.Split('=')[0]] = rest.Split('=')[1] } : [];
        var type = kind switch { "dir" => TarEntryType.Directory, "link" => TarEntryType.HardLink, "symlink" => TarEntryType.SymbolicLink, _ => TarEntryType.RegularFile };
        var entry = new PaxTarEntry(type, path, attributes) { ModificationTime = Epoch };
        entry.Mode = kind is "setuid" ? entry.Mode | UnixFileMode.SetUser | UnixFileMode.UserExecute : kind is "dir" ? entry.Mode | UnixFileMode.UserExecute : entry.Mode;
        if (kind is "link" or "symlink")
        {
            entry.LinkName = rest;
        }
        else if (type is TarEntryType.RegularFile)
        {
            entry.DataStream = new MemoryStream(Encoding.UTF8.GetBytes(rest));
        }

        writer.WriteEntry(entry);
    }

    private static byte[] Compress(Compression compression, byte[] bytes)
    {
        if (compression is Compression.None)
        {
            return bytes;
        }

        using var output = new MemoryStream();
        using (Stream writer = compression is Compression.Gzip ? new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true) : new ZstdSharp.CompressionStream(output, 3, leaveOpen: true))
        {
            writer.Write(bytes);
        }

        return output.ToArray();
    }
}
