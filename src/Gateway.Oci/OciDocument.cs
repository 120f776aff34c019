namespace Gateway.Oci;

/// <summary>What a registry serves under <c>/manifests/</c>: an <see cref="ImageIndex"/> or an <see cref="ImageManifest"/>.</summary>
/// <remarks>
/// image-spec v1.1 image-index.md and manifest.md, and Docker's manifest list and schema 2, which have the same fields. A document that one
/// reader could take for an index and another for a manifest is refused (CVE-2021-41190).
/// </remarks>
public abstract record OciDocument
{
    /// <summary>The only version there is since Docker's schema 1, which is refused.</summary>
    public const int SchemaVersion = 2;

    private static readonly string[] Names =
        ["schemaVersion", "mediaType", "artifactType", "config", "layers", "manifests", "fsLayers", "subject", "annotations"];

    private protected OciDocument(DocumentFields fields, string mediaType)
    {
        MediaType = mediaType;
        ArtifactType = fields.MediaType("artifactType");
        Subject = DescriptorReader.ReadOptional(fields, "subject");
        Annotations = fields.Map("annotations") ?? new Dictionary<string, string>(StringComparer.Ordinal);
    }

    /// <summary>The media type it was served as.</summary>
    public string MediaType { get; }

    /// <summary>What an artifact calls itself.</summary>
    public string? ArtifactType { get; }

    /// <summary>The manifest this one speaks of, for example the image a signature is for.</summary>
    public Descriptor? Subject { get; }

    /// <summary>Free annotations; empty where there are none.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; }

    /// <summary>Reads a document that was served with this media type, without parameters.</summary>
    /// <param name="allowForeign">Whether a manifest may have foreign layers: only for who never fetches them.</param>
    /// <remarks>Throws <see cref="OciFault.ManifestTooLarge"/> or <see cref="OciFault.ManifestInvalid"/>, and nothing else.</remarks>
    public static OciDocument Parse(ReadOnlySpan<byte> bytes, string mediaType, bool allowForeign = false)
    {
        if (MediaTypes.IsSchema1(mediaType))
        {
            throw Schema1();
        }

        var isIndex = MediaTypes.IsIndex(mediaType);
        if (!isIndex && !MediaTypes.IsManifest(mediaType))
        {
            throw new OciException(OciFault.ManifestInvalid, "the registry served neither an image index nor an image manifest");
        }

        var document = isIndex ? "index" : "manifest";
        var fields = new DocumentFields(DocumentJson.Parse(bytes, document), document, path: "", Names);
        RequireShape(fields, mediaType, isIndex);
        return isIndex ? new ImageIndex(fields, mediaType) : new ImageManifest(fields, mediaType, allowForeign);
    }

    // The mere presence of the other kind's fields counts, even with null in them: containerd looks no closer.
    private static void RequireShape(DocumentFields fields, string mediaType, bool isIndex)
    {
        if (fields.Has("fsLayers") || fields.Number("schemaVersion") is 1)
        {
            throw Schema1();
        }

        if (fields.Number("schemaVersion") is not SchemaVersion)
        {
            throw fields.Invalid("schemaVersion", "is not 2");
        }

        if (fields.MediaType("mediaType") is { } own && !string.Equals(own, mediaType, StringComparison.Ordinal))
        {
            throw fields.Invalid("mediaType", $"says another type than {mediaType}, which it was served as");
        }

        foreach (var foreign in isIndex ? ["config", "layers"] : new[] { "manifests" })
        {
            if (fields.Has(foreign))
            {
                throw fields.Invalid(foreign, "does not belong here: the document is an index and a manifest at once");
            }
        }
    }

    private static OciException Schema1() =>
        new(OciFault.ManifestInvalid, "Docker schema 1 manifests are not supported; push the image again with a current client");
}
