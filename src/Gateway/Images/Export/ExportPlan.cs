using Gateway.Containerd;
using Gateway.Containerd.Services.Images;
using Gateway.Http;
using Gateway.Oci;
using Gateway.Oci.Archives;

namespace Gateway.Images.Export;

/// <summary>What goes into an archive: all is known, and all is there, before its first byte is sent.</summary>
/// <param name="Images">By name.</param>
/// <param name="Blobs">Every blob with its size in bytes.</param>
internal sealed record ExportPlan(IReadOnlyList<PackedImage> Images, IReadOnlyDictionary<Digest, long> Blobs)
{
    public IEnumerable<ArchivePiece> Pieces() => ArchiveLayout.Pieces(Images, Blobs);

    /// <summary>Steps: 1 find the records · 2 hold what they stand for · 3 walk through it.</summary>
    public static async Task<ExportPlan> MakeAsync(NamespacedClient held, ExportRequest request, CancellationToken cancel)
    {
        // 1
        var images = new SortedDictionary<string, Image>(StringComparer.Ordinal);
        foreach (var reference in request.Reference)
        {
            var image = await ImageNames.RequireAsync(held, reference, cancel);
            images[image.Name] = image;
        }

        var packed = new List<PackedImage>();
        var blobs = new Dictionary<Digest, long>();
        var walk = held.WalkStored(ImageRules.Normalise(request.Platform).Select(Platform.Parse).ToArray(), passesOverAbsent: true);
        foreach (var image in images.Values)
        {
            // 2: from here on the collector leaves it and all it leads to.
            await held.HoldAsync("content", image.Target.Digest, cancel);

            // 3
            packed.Add(await PackAsync(held, walk, image, blobs, cancel));
        }

        return walk.Missing.Any
            ? throw new ProblemException(ProblemKinds.ContentMissing, $"cannot export what is not here: {walk.Missing}")
            : new ExportPlan(packed, blobs);
    }

    private static async Task<PackedImage> PackAsync(NamespacedClient held, ImageWalk walk, Image image, Dictionary<Digest, long> blobs, CancellationToken cancel)
    {
        var target = new Descriptor { MediaType = image.Target.MediaType, Digest = DigestOf(image), Size = image.Target.Size };
        var loadable = new List<(Descriptor Manifest, Platform? Platform)>();
        await foreach (var document in walk.VisitAsync(target, cancel))
        {
            blobs[document.Descriptor.Digest] = document.Descriptor.Size;
            if (document.Document is ImageManifest manifest)
            {
                Add(blobs, manifest);
                if (document.Config is { } config && manifest.IsUnpackable)
                {
                    loadable.Add((document.Descriptor, config.Platform));
                }
            }
        }

        return new PackedImage(image.Name, target, await ForDockerAsync(held, loadable, cancel));
    }

    // The bound of an import: what is exported here can be imported here.
    private static void Add(Dictionary<Digest, long> blobs, ImageManifest manifest)
    {
        foreach (var blob in manifest.Layers.Append(manifest.Config))
        {
            blobs[blob.Digest] = blob.Size;
        }

        if (blobs.Count > ArchiveLimits.MaxEntries / 2)
        {
            throw ArchiveFault.TooLarge($"the images have more than {ArchiveLimits.MaxEntries / 2} blobs; export fewer at once");
        }
    }

    // Docker's own part of the archive knows one platform: the node's if it is there.
    private static async Task<ImageManifest?> ForDockerAsync(
        NamespacedClient held, List<(Descriptor Manifest, Platform? Platform)> loadable, CancellationToken cancel)
    {
        if (loadable.Count is 0)
        {
            return null;
        }

        var chosen = loadable[PlatformMatcher.Best(Platform.Host, loadable.Select(image => image.Platform).ToArray()) ?? 0].Manifest;
        return (ImageManifest)OciDocument.Parse(await held.ReadDocumentAsync(chosen.Digest, cancel), chosen.MediaType);
    }

    private static Digest DigestOf(Image image) => Digest.TryParse(image.Target.Digest, out var digest)
        ? digest
        : throw new ProblemException(ProblemKinds.ContentMissing, $"cannot export {image.Name}: its record names no digest this gateway knows");
}
