namespace Gateway.Oci.Archives;

/// <summary>An OCI image layout (image-spec v1.1 image-layout.md): <c>oci-layout</c>, <c>index.json</c> and blobs by digest.</summary>
internal static class OciLayout
{
    /// <summary>The full name, as containerd and Docker write it.</summary>
    public const string FullName = "io.containerd.image.name";

    /// <summary>The name within the layout: mostly a tag, with some tools a full name.</summary>
    public const string RefName = "org.opencontainers.image.ref.name";

    /// <summary>The one version of the layout there is.</summary>
    public const string Version = "1.0.0";

    public static IReadOnlyList<ArchivedImage> Read(ArchiveContents contents, byte[] layout)
    {
        var fields = new DocumentFields(DocumentJson.Parse(layout, "oci-layout"), "oci-layout", path: "", ["imageLayoutVersion"]);
        if (fields.Text("imageLayoutVersion") is not Version)
        {
            throw fields.Invalid("imageLayoutVersion", $"is not {Version}");
        }

        if (contents.Links.FirstOrDefault() is { } link)
        {
            throw ArchiveFault.Invalid($"'{ArchiveFault.Show(link)}' is a link, which an OCI layout has none of");
        }

        var bytes = contents.Document(ArchiveContents.Index) ?? throw ArchiveFault.Invalid("it holds oci-layout but no index.json");
        return ((ImageIndex)OciDocument.Parse(bytes, MediaTypes.OciIndex)).Manifests.Select(Image).ToArray();
    }

    private static ArchivedImage Image(Descriptor entry)
    {
        if (!MediaTypes.IsIndex(entry.MediaType) && !MediaTypes.IsManifest(entry.MediaType))
        {
            throw ArchiveFault.Invalid($"index.json names {entry.Digest}, which is no image but {entry.MediaType}");
        }

        var full = Annotation(entry, FullName);
        var name = Annotation(entry, RefName);
        var isFull = name?.AsSpan().ContainsAny("/:@") is true;
        // The record's target is a bare descriptor: annotations of an archive are a stranger's.
        return new ArchivedImage(
            new Descriptor { MediaType = entry.MediaType, Digest = entry.Digest, Size = entry.Size },
            full is not null ? [full] : isFull ? [name!] : [],
            full is null && !isFull ? name : null,
            Made: null);
    }

    private static string? Annotation(Descriptor entry, string name) =>
        entry.Annotations?.TryGetValue(name, out var value) is true && value.Length > 0 ? value : null;
}
