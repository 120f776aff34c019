using System.Collections.Concurrent;
using Gateway.Containerd;
using Gateway.Containerd.Services.Snapshots;
using Gateway.Http;
using Grpc.Core;

namespace Gateway.Snapshots.Pictures;

/// <summary>All snapshots of a namespace as the trees they form, each with its size and the images that use it.</summary>
internal static class SnapshotForest
{
    private const int MaxNodes = 5000;

    // Recursion and the depth of JSON follow the chains; a file system stacks some hundred at most.
    private const int MaxDepth = 256;

    /// <summary>Calls to containerd under way for one forest.</summary>
    private const int Parallel = 8;

    /// <summary>The roots, by key. Where a filter leaves a parent out, its child is a root.</summary>
    public static async Task<IReadOnlyList<SnapshotView>> ReadAsync(
        NamespacedClient client, string snapshotter, IReadOnlyList<string> filters, CancellationToken cancel)
    {
        var snapshots = new List<Info>();
        await foreach (var info in client.SnapshotsAsync(snapshotter, filters, cancel))
        {
            snapshots.Add(snapshots.Count < MaxNodes ? info
                : throw new ProblemException(ProblemKinds.TreeTooLarge, $"there are more than {MaxNodes} snapshots: narrow them with filter, or list them in pages"));
        }

        var sizes = await SizesAsync(client, snapshotter, snapshots, cancel);
        var images = await ImagesAsync(client, snapshotter, cancel);
        var keys = snapshots.Select(info => info.Name).ToHashSet(StringComparer.Ordinal);
        var byParent = snapshots.ToLookup(info => keys.Contains(info.Parent) ? info.Parent : "", StringComparer.Ordinal);
        return Below("", depth: 0);

        IReadOnlyList<SnapshotView> Below(string parent, int depth) => depth > MaxDepth
            ? throw new ProblemException(ProblemKinds.TreeTooLarge, $"the tree has more than {MaxDepth} levels: list the snapshots in pages")
            : byParent[parent].OrderBy(info => info.Name, StringComparer.Ordinal).Select(info => SnapshotView.From(info) with
            {
                SizeBytes = sizes.TryGetValue(info.Name, out var size) ? size : null,
                Images = images[info.Name].Order(StringComparer.Ordinal).ToArray(),
                Children = Below(info.Name, depth + 1),
            }).ToArray();
    }

    private static async Task<ConcurrentDictionary<string, long>> SizesAsync(
        NamespacedClient client, string snapshotter, IReadOnlyList<Info> snapshots, CancellationToken cancel)
    {
        var sizes = new ConcurrentDictionary<string, long>(StringComparer.Ordinal);
        var options = new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancel };
        await System.Threading.Tasks.Parallel.ForEachAsync(snapshots, options, async (info, stop) =>
        {
            try
            {
                sizes[info.Name] = (await client.Snapshots.UsageAsync(new UsageRequest { Snapshotter = snapshotter, Key = info.Name }, cancellationToken: stop)).Size;
            }
            catch (RpcException gone) when (gone.StatusCode is StatusCode.NotFound)
            {
                // Removed since it was listed.
            }
        });
        return sizes;
    }

    // As the garbage collector gets there: from the image over manifests and configs to the top of the chain, and down it.
    private static async Task<ILookup<string, string>> ImagesAsync(NamespacedClient client, string snapshotter, CancellationToken cancel)
    {
        var graph = await client.ReadGraphAsync([snapshotter], cancel);
        return graph.Images
            .SelectMany(image => graph.ReachableFrom(ResourceKey.NamedBy(image.Labels).Prepend(ResourceKey.Content(image.Target.Digest)))
                .Where(key => key.Snapshotter == snapshotter).Select(key => (key.Id, image.Name)))
            .ToLookup(pair => pair.Id, pair => pair.Name, StringComparer.Ordinal);
    }
}
