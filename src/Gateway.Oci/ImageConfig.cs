namespace Gateway.Oci;

/// <summary>An image's config: the platform, how to run it, and the diff ids of its layers (image-spec v1.1 config.md).</summary>
public sealed record ImageConfig
{
    private static readonly string[] Names =
        ["created", "author", "os", "architecture", "variant", "os.version", "os.features", "config", "rootfs", "history"];

    private static readonly string[] RootNames = ["type", "diff_ids"];
    private static readonly string[] HistoryNames = ["created", "created_by", "author", "comment", "empty_layer"];

    private ImageConfig(DocumentFields fields)
    {
        var root = fields.Object("rootfs", RootNames);
        if (root?.Text("type") is not (null or "" or "layers"))
        {
            throw root.Invalid("type", "is not 'layers'");
        }

        Platform = fields.Text("architecture") is null or "" ? null : DescriptorReader.ReadPlatform(fields);
        Created = fields.Time("created");
        Author = fields.Text("author");
        Execution = new ExecutionParameters(fields.Object("config", ExecutionParameters.Names, anyCase: true));
        DiffIds = root?.Digests("diff_ids", DocumentLimits.MaxLayers) ?? [];
        History = fields.List("history", DocumentLimits.MaxHistory, (element, at) => new HistoryEntry(fields.At(element, at, HistoryNames)));
    }

    /// <summary>The platform in normal form; null where the config does not name an architecture.</summary>
    public Platform? Platform { get; }

    /// <summary>When the image was made, as its builder tells.</summary>
    public DateTimeOffset? Created { get; }

    /// <summary>Who made it.</summary>
    public string? Author { get; }

    /// <summary>How a container of this image runs unless it is told otherwise: the field <c>config</c>.</summary>
    public ExecutionParameters Execution { get; }

    /// <summary>Digests of the uncompressed layers, from the lowest up: the field <c>rootfs.diff_ids</c>.</summary>
    public IReadOnlyList<Digest> DiffIds { get; }

    /// <summary>How the image was built, from the first step on.</summary>
    public IReadOnlyList<HistoryEntry> History { get; }

    /// <summary>Reads a config.</summary>
    /// <remarks>Throws <see cref="OciFault.ManifestTooLarge"/> or <see cref="OciFault.ManifestInvalid"/>, and nothing else.</remarks>
    public static ImageConfig Parse(ReadOnlySpan<byte> bytes)
    {
        const string Document = "image config";
        return new ImageConfig(new DocumentFields(DocumentJson.Parse(bytes, Document), Document, path: "", Names));
    }

    /// <summary>Throws <see cref="OciFault.ManifestInvalid"/> unless there is one diff id for each of the manifest's layers.</summary>
    public void RequireFits(ImageManifest manifest)
    {
        if (DiffIds.Count != manifest.Layers.Count)
        {
            throw new OciException(OciFault.ManifestInvalid,
                $"the image config cannot be accepted: it has {DiffIds.Count} diff ids for {manifest.Layers.Count} layers");
        }
    }
}
