using Gateway.Containerd;
using Grpc.Core;

namespace Gateway.Images.Pull;

/// <summary>The lease of a pull: named after the job, so that a second attempt and a clean-up find it.</summary>
internal sealed class PullLease(ContainerdClient containerd, PullGates gates)
{
    private const string JobLabel = "gateway/job";
    private const int Attempts = 5;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    public static string IdOf(string jobId) => "gw-" + jobId;

    public static Dictionary<string, string> Labels(string leaseId) => new(StringComparer.Ordinal) { [JobLabel] = leaseId["gw-".Length..] };

    /// <summary>Ends a pull that went well: what it made is held by the image now.</summary>
    public Task DropAsync(string containerdNamespace, string leaseId, CancellationToken cancel) =>
        containerd.In(containerdNamespace).DropLeaseAsync(leaseId, sync: false, cancel);

    /// <summary>
    /// Ends a pull that failed or was canceled: its unfinished ingests and snapshots go now, its finished ones with the lease at the daemon's
    /// next garbage collection. The lease itself tells what there is, so this also works for a process that is long gone.
    /// </summary>
    public async Task AbandonAsync(string containerdNamespace, string leaseId, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await AbandonOnceAsync(containerdNamespace, leaseId, cancel);
                return;
            }
            catch (RpcException busy) when (attempt < Attempts && busy.StatusCode is not StatusCode.Unavailable)
            {
                // The daemon is still ending the calls that were cut short. One that is down is left to the next sweep.
                await Task.Delay(Pause, cancel);
            }
        }
    }

    /// <summary>Removes the snapshots the lease's unpacking was cut off in: the gateway's, and those a daemon that died in a transfer has left.</summary>
    public static async Task RemoveHalfUnpackedAsync(NamespacedClient client, string leaseId, CancellationToken cancel)
    {
        foreach (var resource in await client.LeaseResourcesAsync(leaseId, cancel))
        {
            if (resource.Type.StartsWith("snapshots/", StringComparison.Ordinal) && resource.Id.StartsWith(Unpacker.KeyPrefix, StringComparison.Ordinal))
            {
                await client.RemoveSnapshotAsync(resource.Type["snapshots/".Length..], resource.Id, cancel);
            }
        }
    }

    private async Task AbandonOnceAsync(string containerdNamespace, string leaseId, CancellationToken cancel)
    {
        var client = containerd.In(containerdNamespace);
        foreach (var resource in await client.LeaseResourcesAsync(leaseId, cancel))
        {
            if (resource.Type is "ingests")
            {
                await AbortAsync(client, resource.Id, cancel);
            }
        }

        await RemoveHalfUnpackedAsync(client, leaseId, cancel);
        await client.DropLeaseAsync(leaseId, sync: false, cancel);
    }

    // Another pull that has taken the blob over goes on with the same ingest: then it is no longer ours to end.
    private async Task AbortAsync(NamespacedClient client, string ingestRef, CancellationToken cancel)
    {
        using var blob = gates.TryBlob(client.Namespace, ingestRef[(ingestRef.IndexOf('-') + 1)..]);
        if (blob is not null)
        {
            await client.AbortIngestAsync(ingestRef, cancel);
        }
    }
}
