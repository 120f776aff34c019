using System.Buffers.Binary;

namespace Gateway.Oci;

/// <summary>How bytes are compressed, as their first ones tell.</summary>
public enum BlobCompression
{
    /// <summary>Not, or in a way that is not known here.</summary>
    None,

    /// <summary>RFC 1952.</summary>
    Gzip,

    /// <summary>RFC 8878.</summary>
    Zstd,
}

/// <summary>What the first bytes of an archive or a layer tell, and what media types say of them.</summary>
public static class LayerTypes
{
    /// <summary>Bytes it takes to tell.</summary>
    public const int MagicBytes = 4;

    /// <summary>What the first bytes tell.</summary>
    public static BlobCompression CompressionOf(ReadOnlySpan<byte> head) =>
        head.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]) ? BlobCompression.Gzip
        : head.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]) || IsSkippable(head) ? BlobCompression.Zstd
        : BlobCompression.None;

    // RFC 8878 section 3.1.2: frames that say nothing may come first, and containerd unpacks what begins with one.
    private static bool IsSkippable(ReadOnlySpan<byte> head) => head.Length >= MagicBytes && (BinaryPrimitives.ReadUInt32LittleEndian(head) & 0xfffffff0) is 0x184d2a50;

    /// <summary>What a layer's media type tells; null for a type that is no layer.</summary>
    public static BlobCompression? CompressionOf(string mediaType) => mediaType switch
    {
        MediaTypes.OciLayer or MediaTypes.DockerLayer => BlobCompression.None,
        MediaTypes.OciLayerGzip or MediaTypes.DockerLayerGzip => BlobCompression.Gzip,
        MediaTypes.OciLayerZstd or MediaTypes.DockerLayerZstd => BlobCompression.Zstd,
        _ => null,
    };

    /// <summary>The type such a layer has in a manifest of the type: OCI's in OCI's, Docker's in Docker's. The bytes are the same.</summary>
    public static string MediaTypeOf(BlobCompression compression, string manifestType) => (compression, manifestType is MediaTypes.DockerManifest) switch
    {
        (BlobCompression.None, false) => MediaTypes.OciLayer,
        (BlobCompression.Gzip, false) => MediaTypes.OciLayerGzip,
        (BlobCompression.Zstd, false) => MediaTypes.OciLayerZstd,
        (BlobCompression.None, true) => MediaTypes.DockerLayer,
        (BlobCompression.Gzip, true) => MediaTypes.DockerLayerGzip,
        (_, _) => MediaTypes.DockerLayerZstd,
    };
}
