using Gateway.Containerd;
using Gateway.Containerd.Services.Images;
using Gateway.Containerd.Services.Snapshots;
using Gateway.Images.Pull;
using Gateway.Oci;
using Grpc.Core;

namespace Gateway.Images;

/// <summary>Reads what stands behind an image record: as much of it as is here.</summary>
internal sealed class ImageInspector(ContainerdClient containerd)
{
    // Manifests of one image that are looked into; beyond that an index is read as a list of descriptors a client can ask for one by one.
    private const int MaxPlatforms = 64;
    private const int MaxIndexDepth = 4;

    /// <summary>Calls to containerd under way for one image.</summary>
    private const int Parallel = 8;

    public async Task<ImageView> InspectAsync(NamespacedClient client, Image image, CancellationToken cancel)
    {
        var snapshotters = await containerd.SnapshottersAsync(cancel);
        var manifests = await ManifestsAsync(client, TargetOf(image), cancel);
        var platforms = new List<ImagePlatformView>();
        foreach (var manifest in manifests.Take(MaxPlatforms))
        {
            platforms.Add(await InspectAsync(client, manifest, snapshotters, cancel));
        }

        return ImageView.From(image) with { Platforms = platforms };
    }

    /// <summary>Whether everything the pull would bring is here, and unpacked if it is to be.</summary>
    public static async Task<bool> IsCompleteAsync(NamespacedClient client, Image image, PullWork work, CancellationToken cancel)
    {
        var views = new List<ImagePlatformView>();
        foreach (var manifest in await ManifestsAsync(client, TargetOf(image), cancel))
        {
            views.Add(await InspectAsync(client, manifest, [work.Snapshotter], cancel));
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

    private static Descriptor? TargetOf(Image image) => Digest.TryParse(image.Target.Digest, out var digest)
        ? new Descriptor { MediaType = image.Target.MediaType, Digest = digest, Size = image.Target.Size }
        : null;

    /// <summary>The manifests behind a target: itself, or those of its index that are images.</summary>
    private static async Task<IReadOnlyList<Descriptor>> ManifestsAsync(NamespacedClient client, Descriptor? target, CancellationToken cancel)
    {
        var manifests = new List<Descriptor>();
        await FlattenAsync(client, target, depth: 1, manifests, cancel);
        return manifests;
    }

    private static async Task FlattenAsync(NamespacedClient client, Descriptor? entry, int depth, List<Descriptor> manifests, CancellationToken cancel)
    {
        if (entry is null || depth > MaxIndexDepth)
        {
            return;
        }

        if (!MediaTypes.IsIndex(entry.MediaType))
        {
            manifests.Add(entry);
        }
        else if (await ReadAsync(client, entry, bytes => (ImageIndex)OciDocument.Parse(bytes, entry.MediaType), cancel) is { } index)
        {
            foreach (var child in PlatformMatcher.Images(index))
            {
                await FlattenAsync(client, child, depth + 1, manifests, cancel);
            }
        }
    }

    private static async Task<ImagePlatformView> InspectAsync(
        NamespacedClient client, Descriptor descriptor, IReadOnlyList<string> snapshotters, CancellationToken cancel)
    {
        var nowhere = snapshotters.ToDictionary(name => name, _ => false, StringComparer.Ordinal);
        var view = new ImagePlatformView
        {
            Platform = descriptor.Platform?.ToString(),
            Manifest = TargetView.From(descriptor),
            Available = false,
            Unpacked = nowhere,
        };
        if (await ReadAsync(client, descriptor, bytes => OciDocument.Parse(bytes, descriptor.MediaType) as ImageManifest, cancel) is not { } manifest)
        {
            return view;
        }

        var config = MediaTypes.IsConfig(manifest.Config.MediaType) ? await ReadAsync(client, manifest.Config, bytes => ImageConfig.Parse(bytes), cancel) : null;
        var diffIds = config?.DiffIds.Count == manifest.Layers.Count ? config.DiffIds : null;
        var chain = diffIds is null ? null : ChainId.Of(diffIds);
        var present = await EachAsync(manifest.Layers, async (layer, stop) => await client.FindAsync(layer.Digest.ToString(), stop) is not null, cancel);
        var configHere = config is not null || await client.FindAsync(manifest.Config.Digest.ToString(), cancel) is not null;
        var unpacked = chain is null ? nowhere : await UnpackedAsync(client, snapshotters, chain, cancel);
        return view with
        {
            Platform = view.Platform ?? config?.Platform?.ToString(),
            ConfigDescriptor = TargetView.From(manifest.Config),
            Config = config is null ? null : ImageConfigViews.Of(config),
            History = config is null ? null : ImageConfigViews.HistoryOf(config),
            Layers = manifest.Layers.Select((layer, i) => new ImageLayerView
            {
                Digest = layer.Digest.ToString(),
                Size = layer.Size,
                MediaType = layer.MediaType,
                DiffId = diffIds?[i].ToString(),
                ChainId = chain?[i].ToString(),
                Present = present[i],
            }).ToArray(),
            Available = configHere && present.All(here => here),
            Unpacked = unpacked,
            CompressedSizeBytes = manifest.Layers.Append(manifest.Config).Append(descriptor).DistinctBy(blob => blob.Digest).Sum(blob => blob.Size),
            UnpackedSizeBytes = await UnpackedSizeAsync(client, unpacked, chain, cancel),
        };
    }

    private static async Task<Dictionary<string, bool>> UnpackedAsync(
        NamespacedClient client, IReadOnlyList<string> snapshotters, IReadOnlyList<Digest> chain, CancellationToken cancel)
    {
        var here = await EachAsync(snapshotters, async (name, stop) =>
            chain.Count is 0 || await client.FindSnapshotAsync(name, chain[^1].ToString(), stop) is { Kind: Kind.Committed }, cancel);
        return snapshotters.Zip(here).ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal);
    }

    // A layer's usage leaves its parents out, so the chain is a sum.
    private static async Task<long?> UnpackedSizeAsync(
        NamespacedClient client, Dictionary<string, bool> unpacked, IReadOnlyList<Digest>? chain, CancellationToken cancel)
    {
        var snapshotter = unpacked.FirstOrDefault(pair => pair.Value).Key;
        if (snapshotter is null || chain is null)
        {
            return null;
        }

        var sizes = await EachAsync(chain.Distinct().ToArray(), async (chainId, stop) =>
        {
            try
            {
                return (await client.Snapshots.UsageAsync(new UsageRequest { Snapshotter = snapshotter, Key = chainId.ToString() }, cancellationToken: stop)).Size;
            }
            catch (RpcException missing) when (missing.StatusCode is StatusCode.NotFound)
            {
                return 0;
            }
        }, cancel);
        return sizes.Sum();
    }

    // What is absent or cannot be read as what it claims to be is shown as absent: other clients store what they like.
    private static async Task<T?> ReadAsync<T>(NamespacedClient client, Descriptor descriptor, Func<byte[], T?> parse, CancellationToken cancel)
        where T : class
    {
        try
        {
            return parse(await client.ReadAllAsync(descriptor.Digest.ToString(), DocumentLimits.MaxBytes, cancel));
        }
        catch (RpcException missing) when (missing.StatusCode is StatusCode.NotFound)
        {
            return null;
        }
        catch (Exception odd) when (odd is OciException or InvalidDataException)
        {
            return null;
        }
    }

    private static async Task<TResult[]> EachAsync<T, TResult>(IReadOnlyList<T> items, Func<T, CancellationToken, ValueTask<TResult>> ask, CancellationToken cancel)
    {
        var results = new TResult[items.Count];
        await System.Threading.Tasks.Parallel.ForAsync(0, items.Count, new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancel },
            async (i, stop) => results[i] = await ask(items[i], stop));
        return results;
    }
}
