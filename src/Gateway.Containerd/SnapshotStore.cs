using System.Runtime.CompilerServices;
using Gateway.Containerd.Services.Snapshots;
using Gateway.Containerd.Types;
using Grpc.Core;

namespace Gateway.Containerd;

/// <summary>Making, reading and removing snapshots.</summary>
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

    /// <summary>Makes an active snapshot; gives its mounts.</summary>
    public static async Task<IReadOnlyList<Mount>> PrepareSnapshotAsync(this NamespacedClient containerd, PrepareSnapshotRequest request, CancellationToken cancel) =>
        (await PastLeftFolderAsync(() => containerd.Snapshots.PrepareAsync(request, cancellationToken: cancel))).Mounts;

    /// <summary>Makes a view; gives its mounts.</summary>
    public static async Task<IReadOnlyList<Mount>> ViewSnapshotAsync(this NamespacedClient containerd, ViewSnapshotRequest request, CancellationToken cancel) =>
        (await PastLeftFolderAsync(() => containerd.Snapshots.ViewAsync(request, cancellationToken: cancel))).Mounts;

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

    // A daemon that was killed between making a snapshot's folder and recording it gives the folder's number to the next snapshot, and fails over the folder. In
    // failing it removes it, so the next call succeeds.
    private static async Task<T> PastLeftFolderAsync<T>(Func<AsyncUnaryCall<T>> make)
    {
        try
        {
            return await make();
        }
        catch (RpcException left) when (left.StatusCode is StatusCode.Unknown && IsFolderThere(left.Status.Detail))
        {
            return await make();
        }
    }

    // EEXIST or ENOTEMPTY, as the file system has it.
    private static bool IsFolderThere(string text) => text.Contains("failed to rename", StringComparison.Ordinal)
        && (text.Contains("file exists", StringComparison.Ordinal) || text.Contains("directory not empty", StringComparison.Ordinal));
}
