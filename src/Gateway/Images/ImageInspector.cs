using Gateway.Containerd;
using Gateway.Containerd.Freshness;
using Gateway.Containerd.Services.Images;
using Gateway.Images.Pull;
using Gateway.Images.Reading;
using Gateway.Oci;

namespace Gateway.Images;

/// <summary>Reads what stands behind an image record: as much of it as is here.</summary>
internal sealed class ImageInspector(ImageCatalog catalog, DocumentCache documents)
{
    /// <summary>Manifests of one image that are shown; a client can ask for the others one by one.</summary>
    private const int MaxPlatforms = 64;

    public async Task<ImageView> InspectAsync(NamespacedClient client, Image image, CancellationToken cancel) =>
        await InspectAsync((await catalog.OpenAsync(client.Namespace, cancel)).Reading, image, cancel);

    public async Task<ImageView> InspectAsync(NamespaceReading reading, Image image, CancellationToken cancel)
    {
        var inspector = new PlatformInspector(reading, documents, await catalog.SnapshottersAsync(cancel));
        var platforms = new List<ImagePlatformView>();
        var whole = new ImageSizes();
        foreach (var node in await NodesAsync(reading, image, cancel))
        {
            if (node.IsImage && platforms.Count < MaxPlatforms)
            {
                var (platform, sizes) = await inspector.InspectAsync(node, cancel);
                platforms.Add(platform);
                whole.Add(sizes);
            }
            else
            {
                whole.Add(await inspector.SizesOfAsync(node, cancel));
            }
        }

        return ImageView.From(image) with
        {
            Platforms = platforms,
            Available = platforms.Exists(platform => platform.Available),
            CompressedSizeBytes = whole.Compressed,
            ContentSizeBytes = whole.Content,
            UnpackedSizeBytes = whole.Unpacked,
        };
    }

    /// <summary>Asks for what many images of a namespace will need, in a few calls.</summary>
    public async Task LoadAllAsync(NamespaceReading reading, CancellationToken cancel)
    {
        await reading.LoadBlobsAsync(cancel);
        foreach (var snapshotter in await catalog.SnapshottersAsync(cancel))
        {
            await reading.LoadSnapshotsAsync(snapshotter, cancel);
        }
    }

    /// <summary>Whether everything the pull would bring is here, and unpacked if it is to be.</summary>
    public async Task<bool> IsCompleteAsync(NamespacedClient client, Image image, PullWork work, CancellationToken cancel)
    {
        var reading = (await catalog.OpenAsync(client.Namespace, cancel)).Reading;
        var inspector = new PlatformInspector(reading, documents, [new Snapshotter(work.Snapshotter, IsBuiltIn: true)]);
        var views = new List<ImagePlatformView>();
        foreach (var node in (await NodesAsync(reading, image, cancel)).Where(node => node.IsImage))
        {
            views.Add((await inspector.InspectAsync(node, cancel)).View);
        }

        // The same choice a pull would make, among what is here.
        var wanted = work.AllPlatforms ? views : work.Platforms.Select(platform => BestFor(Platform.Parse(platform), views));
        return views.Count > 0
            && wanted.All(view => view is { Available: true } && (!work.Unpack || view.Unpacked[work.Snapshotter]));
    }

    private static ImagePlatformView? BestFor(Platform wanted, List<ImagePlatformView> views)
    {
        var best = PlatformMatcher.Best(wanted, views.Select(view => Platform.TryParse(view.Platform, out var platform) ? platform : null).ToArray());
        return best is null ? null : views[best.Value];
    }

    private async Task<IReadOnlyList<ImageNode>> NodesAsync(NamespaceReading reading, Image image, CancellationToken cancel) =>
        Digest.TryParse(image.Target.Digest, out var digest)
            ? await NodeWalk.RunAsync(reading, documents, new Descriptor { MediaType = image.Target.MediaType, Digest = digest, Size = image.Target.Size }, cancel)
            : [];
}
