namespace Gateway.Oci.Writing;

/// <summary>How a layer's tar is stored.</summary>
public enum LayerCompression
{
    /// <summary>As it is.</summary>
    None,

    /// <summary>RFC 1952.</summary>
    Gzip,

    /// <summary>RFC 8878.</summary>
    Zstd,
}

/// <summary>Media types of layers and what they say of the bytes.</summary>
public static class LayerForm
{
    /// <summary>Bytes it takes to tell a compression.</summary>
    public const int MagicBytes = 4;

    /// <summary>What the first bytes of a layer tell.</summary>
    public static LayerCompression Of(ReadOnlySpan<byte> head) =>
        head.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]) ? LayerCompression.Gzip
        : head.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]) ? LayerCompression.Zstd
        : LayerCompression.None;

    /// <summary>What a layer's media type tells; null for a type that is no layer.</summary>
    public static LayerCompression? Of(string mediaType) => mediaType switch
    {
        MediaTypes.OciLayer or MediaTypes.DockerLayer => LayerCompression.None,
        MediaTypes.OciLayerGzip or MediaTypes.DockerLayerGzip => LayerCompression.Gzip,
        MediaTypes.OciLayerZstd or MediaTypes.DockerLayerZstd => LayerCompression.Zstd,
        _ => null,
    };

    /// <summary>The type such a layer has in a manifest of the type: OCI's in OCI's, Docker's in Docker's. The bytes are the same.</summary>
    public static string MediaType(LayerCompression compression, string manifestType) => (compression, manifestType is MediaTypes.DockerManifest) switch
    {
        (LayerCompression.None, false) => MediaTypes.OciLayer,
        (LayerCompression.Gzip, false) => MediaTypes.OciLayerGzip,
        (LayerCompression.Zstd, false) => MediaTypes.OciLayerZstd,
        (LayerCompression.None, true) => MediaTypes.DockerLayer,
        (LayerCompression.Gzip, true) => MediaTypes.DockerLayerGzip,
        (_, _) => MediaTypes.DockerLayerZstd,
    };
}
