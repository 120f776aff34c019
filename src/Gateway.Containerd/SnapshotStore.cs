using System.Runtime.CompilerServices;
using Gateway.Containerd.Services.Snapshots;
using Grpc.Core;

namespace Gateway.Containerd;

/// <summary>Reading and removing snapshots.</summary>
public static class SnapshotStore
{
    /// <summary>The snapshot's info, or null where this namespace has none of that name.</summary>
    public static async Task<Info?> FindSnapshotAsync(this NamespacedClient containerd, string snapshotter, string key, CancellationToken cancel)
    {
        try
        {
            var request = new StatSnapshotRequest { Snapshotter = snapshotter, Key = key };
            return (await containerd.Snapshots.StatAsync(request, cancellationToken: cancel)).Info;
        }
        catch (RpcException missing) when (missing.StatusCode is StatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>The snapshots that match one of the filters, by key; all where there is none. Leaving the loop ends the daemon's work.</summary>
    public static async IAsyncEnumerable<Info> SnapshotsAsync(
        this NamespacedClient containerd, string snapshotter, IEnumerable<string> filters, [EnumeratorCancellation] CancellationToken cancel)
    {
        var request = new ListSnapshotsRequest { Snapshotter = snapshotter, Filters = { filters } };
        using var call = containerd.Snapshots.List(request, cancellationToken: cancel);
        while (await call.ResponseStream.MoveNext(cancel))
        {
            foreach (var info in call.ResponseStream.Current.Info)
            {
                yield return info;
            }
        }
    }

    /// <summary>Whether the snapshot is there, after it has been added to the client's lease and so can no longer be collected.</summary>
    public static async Task<bool> FindAndHoldSnapshotAsync(
        this NamespacedClient containerd, string snapshotter, string key, CancellationToken cancel)
    {
        if (await containerd.FindSnapshotAsync(snapshotter, key, cancel) is null)
        {
            return false;
        }

        await containerd.HoldAsync("snapshots/" + snapshotter, key, cancel);
        return await containerd.FindSnapshotAsync(snapshotter, key, cancel) is not null;
    }

    /// <summary>Removes a snapshot; one that is not there is as good.</summary>
    public static async Task RemoveSnapshotAsync(this NamespacedClient containerd, string snapshotter, string key, CancellationToken cancel)
    {
        try
        {
            await containerd.Snapshots.RemoveAsync(new RemoveSnapshotRequest { Snapshotter = snapshotter, Key = key }, cancellationToken: cancel);
        }
        catch (RpcException missing) when (missing.StatusCode is StatusCode.NotFound)
        {
            // Committed or removed before.
        }
    }
}
