using Gateway.Containerd;
using Gateway.Containerd.Freshness;
using Gateway.Oci;

namespace Gateway.Images.Reading;

/// <summary>Reads what stands behind one manifest: as much of it as is here.</summary>
internal sealed class PlatformInspector(NamespaceReading reading, DocumentCache documents, IReadOnlyList<Snapshotter> snapshotters)
{
    /// <summary>Calls to containerd under way for one manifest.</summary>
    private const int Parallel = 8;

    public async Task<(ImagePlatformView View, ImageSizes Sizes)> InspectAsync(ImageNode node, CancellationToken cancel)
    {
        var sizes = await SizesOfAsync(node, cancel);
        var view = new ImagePlatformView
        {
            Platform = node.Descriptor.Platform?.ToString(),
            Manifest = TargetView.From(node.Descriptor),
            ArtifactType = node.Descriptor.ArtifactType,
            Available = false,
            Unpacked = snapshotters.ToDictionary(snapshotter => snapshotter.Name, _ => false, StringComparer.Ordinal),
        };
        return node.Document is ImageManifest manifest ? (await FillAsync(view, manifest, sizes, cancel), sizes) : (view, sizes);
    }

    /// <summary>A document with the blobs it names, as far as they are here.</summary>
    public async Task<ImageSizes> SizesOfAsync(ImageNode node, CancellationToken cancel)
    {
        var blobs = node.Document is ImageManifest manifest ? [node.Descriptor, manifest.Config, .. manifest.Layers] : new[] { node.Descriptor };
        var sizes = new ImageSizes();
        foreach (var (blob, here) in blobs.Zip(await EachAsync(blobs, (blob, stop) => reading.FindBlobAsync(blob.Digest.ToString(), stop), cancel)))
        {
            sizes.Add(blob, here);
        }

        return sizes;
    }

    private async Task<ImagePlatformView> FillAsync(ImagePlatformView view, ImageManifest manifest, ImageSizes sizes, CancellationToken cancel)
    {
        var config = MediaTypes.IsConfig(manifest.Config.MediaType) ? await documents.ConfigAsync(reading, manifest.Config, cancel) : null;
        var diffIds = config?.DiffIds.Count == manifest.Layers.Count ? config.DiffIds : null;
        var chain = diffIds is null ? null : ChainId.Of(diffIds);
        var here = await EachAsync([manifest.Config, .. manifest.Layers], async (blob, stop) => await reading.FindBlobAsync(blob.Digest.ToString(), stop) is not null, cancel);
        var unpacked = chain is null ? view.Unpacked : await UnpackedAsync(chain, sizes, cancel);
        return view with
        {
            Platform = view.Platform ?? config?.Platform?.ToString(),
            ArtifactType = manifest.ArtifactType ?? view.ArtifactType,
            ConfigDescriptor = TargetView.From(manifest.Config),
            Config = config is null ? null : ImageConfigViews.Of(config),
            History = config is null ? null : ImageConfigViews.HistoryOf(config),
            Layers = [.. manifest.Layers.Select((layer, i) => LayerOf(layer, diffIds?[i], chain?[i], here[i + 1]))],
            Available = here.All(isHere => isHere),
            Unpacked = unpacked,
            CompressedSizeBytes = sizes.Compressed,
            ContentSizeBytes = sizes.Content,
            UnpackedSizeBytes = sizes.Unpacked,
        };
    }

    private static ImageLayerView LayerOf(Descriptor layer, Digest? diffId, Digest? chainId, bool isHere) => new()
    {
        Digest = layer.Digest.ToString(),
        Size = layer.Size,
        MediaType = layer.MediaType,
        DiffId = diffId?.ToString(),
        ChainId = chainId?.ToString(),
        Present = isHere,
    };

    // A snapshot keeps its parents, so the top of the chain stands for all of it.
    private async Task<IReadOnlyDictionary<string, bool>> UnpackedAsync(IReadOnlyList<Digest> chain, ImageSizes sizes, CancellationToken cancel)
    {
        var tops = await EachAsync(snapshotters, async (snapshotter, stop) => chain.Count is 0 || await reading.FindSnapshotSizeAsync(snapshotter, chain[^1].ToString(), stop) is not null, cancel);
        foreach (var (snapshotter, _) in snapshotters.Zip(tops).Where(pair => pair.Second))
        {
            var usages = await EachAsync(chain, (chainId, stop) => reading.FindSnapshotSizeAsync(snapshotter, chainId.ToString(), stop), cancel);
            foreach (var (chainId, usage) in chain.Zip(usages))
            {
                sizes.Add(snapshotter.Name, chainId, usage ?? 0);
            }
        }

        return snapshotters.Zip(tops).ToDictionary(pair => pair.First.Name, pair => pair.Second, StringComparer.Ordinal);
    }

    // What is remembered is taken without a task of its own.
    private static async Task<TResult[]> EachAsync<T, TResult>(IReadOnlyList<T> items, Func<T, CancellationToken, ValueTask<TResult>> ask, CancellationToken cancel)
    {
        var results = new TResult[items.Count];
        for (var begin = 0; begin < items.Count; begin += Parallel)
        {
            var asked = Enumerable.Range(begin, Math.Min(Parallel, items.Count - begin)).Select(i => ask(items[i], cancel)).ToArray();
            for (var i = 0; i < asked.Length; i++)
            {
                results[begin + i] = await asked[i];
            }
        }

        return results;
    }
}
