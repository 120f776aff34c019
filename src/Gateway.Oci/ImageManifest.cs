namespace Gateway.Oci;

/// <summary>An image manifest: a config and the layers it speaks of. Artifacts have the same form.</summary>
public sealed record ImageManifest : OciDocument
{
    internal ImageManifest(DocumentFields fields, string mediaType, bool allowForeign)
        : base(fields, mediaType)
    {
        Config = DescriptorReader.ReadOptional(fields, "config") ?? throw fields.Invalid("config", "is missing");
        Layers = fields.List("layers", DocumentLimits.MaxLayers, (element, at) => DescriptorReader.Read(fields, element, at, allowForeign));
        TotalSize = Sum(fields);
        IsUnpackable = MediaTypes.IsConfig(Config.MediaType) && Layers.All(layer => MediaTypes.IsLayer(layer.MediaType));
    }

    /// <summary>The image's config, or an artifact's.</summary>
    public Descriptor Config { get; }

    /// <summary>The layers from the lowest up; the same one may stand there twice, and there may be none.</summary>
    public IReadOnlyList<Descriptor> Layers { get; }

    /// <summary>Bytes of the config and all layers, a repeated layer counted each time.</summary>
    public long TotalSize { get; }

    /// <summary>Whether this is an image and no artifact: its config is an image config and every layer a file-system layer.</summary>
    /// <remarks>
    /// A config of <c>application/octet-stream</c>, as old artifacts have, makes an artifact. An image without layers has nothing to unpack.
    /// </remarks>
    public bool IsUnpackable { get; }

    private long Sum(DocumentFields fields)
    {
        var total = Config.Size;
        foreach (var layer in Layers)
        {
            total = long.MaxValue - total >= layer.Size ? total + layer.Size : throw fields.Invalid("layers", "have a total size beyond 63 bits");
        }

        return total;
    }
}
