using Gateway.Oci;

namespace Gateway.Images.Pull;

/// <summary>Gives a document's bytes, from wherever they are.</summary>
internal delegate Task<byte[]> ReadDocument(Descriptor descriptor, CancellationToken cancel);

/// <summary>Walks an image's documents from its target down, and chooses the manifests that are asked for.</summary>
internal static class DocumentWalk
{
    /// <summary>Manifests of one walk, all platforms and nested indexes together.</summary>
    private const int MaxManifests = 1000;

    /// <summary>Bytes of all configs and layers together: half of what a sum can hold, so that the documents fit beside them.</summary>
    private const long MaxTotalBytes = long.MaxValue / 2;

    /// <summary>The wanted manifests with their configs: those of the platforms, or all where none is named.</summary>
    public static async Task<PullPlan> PlanAsync(Descriptor target, IReadOnlyList<Platform> platforms, ReadDocument read, CancellationToken cancel)
    {
        var chosen = new List<Descriptor>();
        if (platforms.Count is 0)
        {
            await CollectAsync(target, depth: 1, chosen, read, cancel);
        }

        foreach (var platform in platforms)
        {
            chosen.Add(await ChooseAsync(target, platform, read, cancel));
        }

        var images = new List<PlannedImage>();
        foreach (var manifest in chosen.DistinctBy(entry => entry.Digest))
        {
            images.Add(await ReadImageAsync(manifest, read, cancel));
        }

        RequireWantedPlatforms(images, platforms);
        RequireCountable(target, images);
        return new PullPlan(target, images);
    }

    /// <summary>The manifest for a platform. An index may hold indexes: the choice is made on each level.</summary>
    public static async Task<Descriptor> ChooseAsync(Descriptor entry, Platform wanted, ReadDocument read, CancellationToken cancel)
    {
        for (var depth = 1; MediaTypes.IsIndex(entry.MediaType); depth++)
        {
            entry = PlatformMatcher.Choose(wanted, await ReadIndexAsync(entry, depth, read, cancel));
        }

        return entry;
    }

    /// <summary>A manifest, and its config where it is an image's.</summary>
    public static async Task<PlannedImage> ReadImageAsync(Descriptor descriptor, ReadDocument read, CancellationToken cancel)
    {
        var manifest = (ImageManifest)OciDocument.Parse(await read(descriptor, cancel), descriptor.MediaType);
        var config = MediaTypes.IsConfig(manifest.Config.MediaType) ? ImageConfig.Parse(await read(manifest.Config, cancel)) : null;
        return new PlannedImage(descriptor, manifest, config);
    }

    // Sizes are a stranger's word. Progress and estimates add them up, and rely on this.
    private static void RequireCountable(Descriptor target, List<PlannedImage> images)
    {
        var left = MaxTotalBytes;
        foreach (var image in images)
        {
            left = image.Manifest.TotalSize <= left
                ? left - image.Manifest.TotalSize
                : throw new OciException(OciFault.ManifestInvalid, $"the blobs of {target.Digest} are larger together than can be counted");
        }
    }

    /// <summary>A manifest without a platform in its descriptor may have been taken for want of a better: its config has the last word.</summary>
    public static void RequireWantedPlatforms(IEnumerable<PlannedImage> images, IReadOnlyList<Platform> platforms)
    {
        if (platforms.Count is 0)
        {
            return;
        }

        foreach (var image in images.Where(image => image.Config is not null && image.Descriptor.Platform is null))
        {
            var offered = image.Config!.Platform;
            if (!platforms.Any(wanted => PlatformMatcher.Accepts(wanted, offered)))
            {
                throw PlatformMatcher.NotFound(platforms[0], [offered]);
            }
        }
    }

    private static async Task CollectAsync(Descriptor entry, int depth, List<Descriptor> manifests, ReadDocument read, CancellationToken cancel)
    {
        if (!MediaTypes.IsIndex(entry.MediaType))
        {
            manifests.Add(entry);
            return;
        }

        foreach (var child in PlatformMatcher.Images(await ReadIndexAsync(entry, depth, read, cancel)))
        {
            await CollectAsync(child, depth + 1, manifests, read, cancel);
            if (manifests.Count > MaxManifests)
            {
                throw new OciException(OciFault.ManifestInvalid, $"index {entry.Digest} leads to more than {MaxManifests} manifests");
            }
        }
    }

    private static async Task<ImageIndex> ReadIndexAsync(Descriptor entry, int depth, ReadDocument read, CancellationToken cancel) => depth <= DocumentLimits.MaxIndexDepth
        ? (ImageIndex)OciDocument.Parse(await read(entry, cancel), entry.MediaType)
        : throw new OciException(OciFault.ManifestInvalid, $"index {entry.Digest} is nested deeper than {DocumentLimits.MaxIndexDepth} levels");
}
