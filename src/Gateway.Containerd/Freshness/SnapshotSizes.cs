using System.Collections.Concurrent;
using Gateway.Containerd.Services.Snapshots;
using Grpc.Core;

namespace Gateway.Containerd.Freshness;

/// <summary>
/// Sizes of committed snapshots. One that is committed never changes, and one of the same name that is made later has another time of creation.
/// </summary>
public sealed class SnapshotSizes
{
    /// <summary>Sizes remembered, about 300 bytes each; then it starts anew.</summary>
    private const int Most = 50_000;

    private readonly ConcurrentDictionary<Made, long> sizes = new();

    /// <summary>Bytes the snapshot takes on disk, its parents left out; null where it has just gone.</summary>
    internal async ValueTask<long?> OfAsync(NamespacedClient containerd, string snapshotter, Info info, CancellationToken cancel)
    {
        var made = new Made(containerd.Namespace, snapshotter, info.Name, info.CreatedAt.Seconds, info.CreatedAt.Nanos);
        if (sizes.TryGetValue(made, out var known))
        {
            return known;
        }

        try
        {
            var request = new UsageRequest { Snapshotter = snapshotter, Key = info.Name };
            var size = (await containerd.Snapshots.UsageAsync(request, cancellationToken: cancel)).Size;
            if (sizes.Count >= Most)
            {
                sizes.Clear();
            }

            return sizes[made] = size;
        }
        catch (RpcException gone) when (gone.StatusCode is StatusCode.NotFound)
        {
            return null;
        }
    }

    private readonly record struct Made(string Namespace, string Snapshotter, string Name, long Seconds, int Nanos);
}
