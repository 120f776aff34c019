using Gateway.Containerd;
using Gateway.Containerd.Services.Snapshots;
using Gateway.Containerd.Types;
using Grpc.Core;

namespace Gateway.Snapshots.Reading;

/// <summary>
/// Work that needs the mounts of committed snapshots: under a lease of its own, which also tells what is to be removed at the end. Views are
/// named after the lease, so a second attempt finds those of the first.
/// </summary>
internal sealed class SnapshotWork(ContainerdClient containerd)
{
    private const int Attempts = 5;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>The mounts of a snapshot: its own, or those of a view of it where it is committed.</summary>
    /// <param name="name">Tells the views of one lease apart.</param>
    public static async Task<IReadOnlyList<Mount>> MountsAsync(
        NamespacedClient held, string snapshotter, Info snapshot, string name, CancellationToken cancel) =>
        snapshot.Kind is Kind.Committed
            ? await ViewAsync(held, snapshotter, snapshot.Name, $"{held.LeaseId} {name}", cancel)
            : await MountsAsync(held, snapshotter, snapshot.Name, cancel);

    /// <summary>The mounts of a committed snapshot by its key; none for the empty key.</summary>
    public static async Task<IReadOnlyList<Mount>> BaseMountsAsync(
        NamespacedClient held, string snapshotter, string key, string name, CancellationToken cancel) =>
        key.Length is 0 ? [] : await ViewAsync(held, snapshotter, key, $"{held.LeaseId} {name}", cancel);

    /// <summary>Ends the work, whether it went well or not, also that of a process that is gone: ingests and views go now, the rest with the lease.</summary>
    public async Task EndAsync(string containerdNamespace, string leaseId, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await EndOnceAsync(containerd.In(containerdNamespace), leaseId, cancel);
                return;
            }
            catch (RpcException busy) when (attempt < Attempts && busy.StatusCode is not StatusCode.Unavailable)
            {
                // The daemon is still ending the calls that were cut short. One that is down is left to the lease's term.
                await Task.Delay(Pause, cancel);
            }
        }
    }

    private static async Task EndOnceAsync(NamespacedClient client, string leaseId, CancellationToken cancel)
    {
        foreach (var resource in await client.LeaseResourcesAsync(leaseId, cancel))
        {
            if (resource.Type is "ingests")
            {
                await client.AbortIngestAsync(resource.Id, cancel);
            }
            else if (resource.Type.StartsWith("snapshots/", StringComparison.Ordinal) && resource.Id.StartsWith(leaseId + " ", StringComparison.Ordinal))
            {
                await client.RemoveSnapshotAsync(resource.Type["snapshots/".Length..], resource.Id, cancel);
            }
        }

        await client.DropLeaseAsync(leaseId, sync: false, cancel);
    }

    private static async Task<IReadOnlyList<Mount>> ViewAsync(NamespacedClient held, string snapshotter, string parent, string key, CancellationToken cancel)
    {
        try
        {
            var view = new ViewSnapshotRequest { Snapshotter = snapshotter, Key = key, Parent = parent };
            return await held.ViewSnapshotAsync(view, cancel);
        }
        catch (RpcException exists) when (exists.StatusCode is StatusCode.AlreadyExists)
        {
            return await MountsAsync(held, snapshotter, key, cancel);
        }
    }

    private static async Task<IReadOnlyList<Mount>> MountsAsync(NamespacedClient held, string snapshotter, string key, CancellationToken cancel) =>
        (await held.Snapshots.MountsAsync(new MountsRequest { Snapshotter = snapshotter, Key = key }, cancellationToken: cancel)).Mounts;
}
