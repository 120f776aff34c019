using Gateway.Containerd;
using Gateway.Containerd.Services.Snapshots;
using Grpc.Core;

namespace Gateway.Images.Prune;

/// <summary>What goes with images, and how large it is: measured while it is still there, counted once it is gone.</summary>
internal sealed class PruneBytes
{
    /// <summary>Calls to the daemon at a time.</summary>
    private const int Parallelism = 8;

    private readonly Dictionary<ResourceKey, long> sizes;

    private PruneBytes(Dictionary<ResourceKey, long> sizes) => this.sizes = sizes;

    /// <summary>Bytes that go if all the images go.</summary>
    public long Total => sizes.Values.Sum();

    public static async Task<PruneBytes> MeasureAsync(NamespacedClient client, ResourceGraph graph, IReadOnlyList<PruneUnit> going, CancellationToken cancel)
    {
        var doomed = Doomed(graph, going);
        var measured = await EachAsync(doomed, (key, stop) => SizeAsync(client, graph, key, stop), cancel);
        return new PruneBytes(doomed.Zip(measured).ToDictionary(pair => pair.First, pair => pair.Second));
    }

    /// <summary>Bytes of all that went with these images, which are all or some of those that were measured, and is not there any more.</summary>
    public async Task<long> FreedAsync(NamespacedClient client, ResourceGraph graph, IReadOnlyList<PruneUnit> gone, CancellationToken cancel) =>
        (await EachAsync(Doomed(graph, gone), async (key, stop) => await IsThereAsync(client, key, stop) ? 0 : sizes[key], cancel)).Sum();

    // What was garbage before is nobody's merit.
    private static ResourceKey[] Doomed(ResourceGraph graph, IReadOnlyList<PruneUnit> going)
    {
        var names = going.SelectMany(unit => unit.Records).Select(record => record.Name).ToHashSet(StringComparer.Ordinal);
        return graph.KeptBy(graph.Images).Except(graph.KeptBy(graph.Images.Where(image => !names.Contains(image.Name)))).ToArray();
    }

    private static async ValueTask<long> SizeAsync(NamespacedClient client, ResourceGraph graph, ResourceKey key, CancellationToken cancel)
    {
        if (key.Snapshotter is not { } snapshotter)
        {
            return graph.SizeOf(key);
        }

        try
        {
            return (await client.Snapshots.UsageAsync(new UsageRequest { Snapshotter = snapshotter, Key = key.Id }, cancellationToken: cancel)).Size;
        }
        catch (RpcException missing) when (missing.StatusCode is StatusCode.NotFound)
        {
            return 0;
        }
    }

    private static async ValueTask<bool> IsThereAsync(NamespacedClient client, ResourceKey key, CancellationToken cancel) => key.Snapshotter is { } snapshotter
        ? await client.FindSnapshotAsync(snapshotter, key.Id, cancel) is not null
        : await client.FindAsync(key.Id, cancel) is not null;

    private static async Task<long[]> EachAsync(ResourceKey[] keys, Func<ResourceKey, CancellationToken, ValueTask<long>> ask, CancellationToken cancel)
    {
        var results = new long[keys.Length];
        await Parallel.ForAsync(0, keys.Length, new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancel },
            async (i, stop) => results[i] = await ask(keys[i], stop));
        return results;
    }
}
