namespace Gateway.Oci.Archives;

/// <summary>An image that an archive names.</summary>
/// <param name="Target">What its names stand for.</param>
/// <param name="Names">Its full names as the archive has them.</param>
/// <param name="Tag">A bare tag, where that is all the archive says.</param>
/// <param name="Made">The bytes of the target where the archive did not hold them: <c>docker save</c> writes no manifest.</param>
public sealed record ArchivedImage(Descriptor Target, IReadOnlyList<string> Names, string? Tag, byte[]? Made)
{
    /// <summary>
    /// The images of an archive: those of <c>index.json</c> where it is an OCI layout, which later versions of Docker write beside their own
    /// <c>manifest.json</c>; else those of the latter.
    /// </summary>
    public static IReadOnlyList<ArchivedImage> Of(ArchiveContents contents)
    {
        var images = contents.Document(ArchiveContents.Layout) is { } layout ? OciLayout.Read(contents, layout)
            : contents.Document(ArchiveContents.Manifest) is { } manifest ? DockerSave.Read(contents, manifest)
            : throw ArchiveFault.Invalid("it holds neither oci-layout nor manifest.json, so it is no image archive");
        return images.Count is > 0 and <= ArchiveLimits.MaxImages
            ? images
            : throw ArchiveFault.Invalid($"it names no image, or more than {ArchiveLimits.MaxImages}");
    }
}
