namespace Gateway.Oci.Archives;

/// <summary>An image to write into an archive.</summary>
/// <param name="Name">Its full name.</param>
/// <param name="Target">What the name stands for.</param>
/// <param name="Manifest">The manifest that Docker is to load; null where there is none it could.</param>
public sealed record PackedImage(string Name, Descriptor Target, ImageManifest? Manifest);

/// <summary>A piece of an archive: bytes at hand, or a blob and the zeros after it.</summary>
/// <param name="Bytes">Headers, documents and padding.</param>
/// <param name="Blob">The blob that follows them.</param>
/// <param name="Size">The blob's size in bytes.</param>
public sealed record ArchivePiece(ReadOnlyMemory<byte> Bytes, Digest? Blob, long Size);

/// <summary>
/// The layout of an archive that both OCI tools and <c>docker load</c> read. Names are sorted and nothing depends on when or by whom it is written,
/// so that the same images make the same bytes.
/// </summary>
public static class ArchiveLayout
{
    private const int EndBytes = 2 * TarHeader.BlockBytes;

    /// <summary>The pieces in their order.</summary>
    public static IEnumerable<ArchivePiece> Pieces(IReadOnlyList<PackedImage> images, IReadOnlyDictionary<Digest, long> blobs)
    {
        yield return new ArchivePiece(TarBlock.Folder("blobs/"), Blob: null, 0);
        var folder = "";
        foreach (var (digest, size) in blobs.OrderBy(blob => blob.Key.ToString(), StringComparer.Ordinal))
        {
            if (folder != digest.Algorithm)
            {
                folder = digest.Algorithm;
                yield return new ArchivePiece(TarBlock.Folder($"blobs/{folder}/"), Blob: null, 0);
            }

            yield return new ArchivePiece(TarBlock.File(PathOf(digest), size), digest, size);
            yield return new ArchivePiece(new byte[TarBlock.Padding(size)], Blob: null, 0);
        }

        yield return Document(ArchiveContents.Index, IndexOf(images));
        yield return Document(ArchiveContents.Manifest, ManifestOf(images));
        yield return Document(ArchiveContents.Layout, ArchiveJson.Write(new { imageLayoutVersion = OciLayout.Version }));
        yield return new ArchivePiece(new byte[EndBytes], Blob: null, 0);
    }

    private static ArchivePiece Document(string name, byte[] bytes) =>
        new((byte[])[.. TarBlock.File(name, bytes.Length), .. bytes, .. new byte[TarBlock.Padding(bytes.Length)]], Blob: null, 0);

    private static byte[] IndexOf(IReadOnlyList<PackedImage> images) => ArchiveJson.Write(new
    {
        schemaVersion = OciDocument.SchemaVersion,
        mediaType = MediaTypes.OciIndex,
        manifests = images.Select(image => image.Target with { Annotations = AnnotationsOf(image.Name) }).ToArray(),
    });

    private static SortedDictionary<string, string> AnnotationsOf(string name)
    {
        var annotations = new SortedDictionary<string, string>(StringComparer.Ordinal) { [OciLayout.FullName] = name };
        if (ImageReference.TryParse(name, out var reference))
        {
            annotations[OciLayout.RefName] = reference.Object;
        }

        return annotations;
    }

    // Docker takes names with a tag only.
    private static byte[] ManifestOf(IReadOnlyList<PackedImage> images) => ArchiveJson.Write(images
        .Where(image => image.Manifest is not null)
        .GroupBy(image => image.Target.Digest)
        .Select(same => new
        {
            Config = PathOf(same.First().Manifest!.Config.Digest),
            RepoTags = same.Select(image => image.Name).Where(name => ImageReference.TryParse(name, out var reference) && reference is { Tag: not null, Digest: null }).ToArray(),
            Layers = same.First().Manifest!.Layers.Select(layer => PathOf(layer.Digest)).ToArray(),
        })
        .ToArray());

    private static string PathOf(Digest digest) => $"blobs/{digest.Algorithm}/{digest.Hex}";
}
