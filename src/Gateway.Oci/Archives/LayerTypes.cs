namespace Gateway.Oci.Archives;

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

/// <summary>What the first bytes of an archive or a layer tell.</summary>
internal static class LayerTypes
{
    /// <summary>Bytes it takes to tell.</summary>
    public const int MagicBytes = 4;

    public static BlobCompression CompressionOf(ReadOnlySpan<byte> head) =>
        head.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]) ? BlobCompression.Gzip
        : head.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]) ? BlobCompression.Zstd
        : BlobCompression.None;

    public static string DockerLayer(BlobCompression compression) => compression switch
    {
        BlobCompression.Gzip => MediaTypes.DockerLayerGzip,
        BlobCompression.Zstd => MediaTypes.DockerLayerZstd,
        _ => MediaTypes.DockerLayer,
    };
}
