using Gateway.Containerd;
using Gateway.Oci;
using Gateway.Oci.Writing;

namespace Gateway.Images.Custom;

/// <summary>
/// Reads a layer of the content store through for its diff id. The label that may tell one is not believed: whoever has the daemon's socket can set it.
/// And what decompresses to far more than layers do is found here, before containerd writes it to the disk.
/// </summary>
internal static class StoredLayer
{
    /// <param name="known">The same blob where it was read before: only the caller's expectation is checked then.</param>
    public static async Task<NewLayer> ReadAsync(NamespacedClient held, ComposedLayer layer, NewLayer? known, string manifestType, CancellationToken cancel)
    {
        var info = await held.FindAndHoldAsync(layer.Digest, cancel) ?? throw RequiredContent.Missing([layer.Digest]);
        var compression = await CompressionAsync(held, info.Digest, info.Size, cancel);
        if (layer.MediaType is not null && LayerTypes.CompressionOf(layer.MediaType) != compression)
        {
            throw new OciException(OciFault.LayerInvalid, $"{layer.Digest} is not {layer.MediaType}: its first bytes are those of another compression");
        }

        if (known is not null)
        {
            return known;
        }

        var descriptor = new Descriptor { MediaType = LayerTypes.MediaTypeOf(compression, manifestType), Digest = Digest.Parse(layer.Digest), Size = info.Size };
        await using var stored = ContentStream.Open(held, layer.Digest, offset: 0, info.Size);
        return new NewLayer(descriptor, await LayerReader.DiffIdAsync(stored, descriptor, compression, cancel));
    }

    private static async Task<BlobCompression> CompressionAsync(NamespacedClient held, string digest, long size, CancellationToken cancel)
    {
        if (size < LayerTypes.MagicBytes)
        {
            throw new OciException(OciFault.LayerInvalid, $"{digest} is too short to be a layer");
        }

        var head = new byte[LayerTypes.MagicBytes];
        await using var stored = ContentStream.Open(held, digest, offset: 0, head.Length);
        await stored.ReadExactlyAsync(head, cancel);
        return LayerTypes.CompressionOf(head);
    }
}
