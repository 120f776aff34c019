using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Oci.Writing;

/// <summary>Reads a layer through, a buffer at a time, for the digest of its tar: what a config names it by.</summary>
public static class LayerReader
{
    private const int BufferBytes = 256 * 1024;
    private const int TarBlock = 512;

    /// <summary>The digest of the tar that an empty folder makes: two blocks of zeros.</summary>
    public static Digest EmptyDiffId { get; } = Digest.Of(new byte[2 * TarBlock]);

    /// <summary>Reads to the end, or throws <see cref="OciFault.LayerInvalid"/> where the bytes are no tar in this compression, or a bomb.</summary>
    /// <param name="stored">The layer as it is stored; read asynchronously only.</param>
    /// <param name="layer">Its digest and size; the type does not matter.</param>
    /// <param name="compression">What its first bytes tell.</param>
    /// <param name="cancel">Ends the reading.</param>
    public static async Task<Digest> DiffIdAsync(Stream stored, Descriptor layer, BlobCompression compression, CancellationToken cancel)
    {
        await using var tar = Decompression.Open(stored, compression);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BufferBytes];
        var total = 0L;
        for (var read = await FillAsync(tar, buffer, layer, cancel); read > 0; read = await FillAsync(tar, buffer, layer, cancel))
        {
            if (total is 0 && !BeginsTar(buffer.AsSpan(0, read)))
            {
                throw Invalid(layer, "it is no tar");
            }

            hash.AppendData(buffer, 0, read);
            total += read;
            if (compression is not BlobCompression.None && total > Decompression.MostOf(layer.Size))
            {
                throw Invalid(layer, $"it decompresses to more than {Decompression.MaxRatio} times its size");
            }
        }

        return total > 0 ? Digest.FromHash(HashAlgorithmName.SHA256, hash.GetHashAndReset()) : throw Invalid(layer, "it is empty");
    }

    private static async Task<int> FillAsync(Stream tar, byte[] buffer, Descriptor layer, CancellationToken cancel)
    {
        try
        {
            return await tar.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancel);
        }
        catch (Exception broken) when (Decompression.IsBroken(broken))
        {
            throw Invalid(layer, "it cannot be decompressed: it is damaged, truncated, or asks for too large a window", broken);
        }
    }

    // The checksum is the sum of the header's bytes with blanks in its own place (POSIX pax, "ustar Interchange Format"); a block of zeros ends a tar.
    private static bool BeginsTar(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < TarBlock)
        {
            return false;
        }

        var block = bytes[..TarBlock];
        var sum = 8 * ' ';
        for (var i = 0; i < TarBlock; i++)
        {
            sum += i is >= 148 and < 156 ? 0 : block[i];
        }

        var written = Encoding.ASCII.GetString(block.Slice(148, 8)).Trim(' ', '\0').TrimStart('0');
        return written == Convert.ToString(sum, 8) || !block.ContainsAnyExcept((byte)0);
    }

    private static OciException Invalid(Descriptor layer, string problem, Exception? inner = null) =>
        new(OciFault.LayerInvalid, string.Create(CultureInfo.InvariantCulture, $"{layer.Digest} cannot be a layer: {problem}"), inner);
}
