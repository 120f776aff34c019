using Gateway.Containerd;
using Gateway.Http;
using Gateway.Jobs;
using Grpc.Core;

namespace Gateway.Images.Pull;

/// <summary>The lease of a pull or an import: named after the job, so that a second attempt and a clean-up find it.</summary>
internal sealed class PullLease(ContainerdClient containerd, PullGates gates, JobQueries jobs)
{
    private const string NodeLabel = "gateway/node";
    private const int Attempts = 5;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly Lazy<string> node = new(jobs.NodeId);

    public static string IdOf(string jobId) => LeaseRules.OwnIdPrefix + jobId;

    /// <summary>A client whose calls are made under the lease, which is made if it is not there.</summary>
    /// <param name="expiresAt">When the daemon may drop the lease by itself.</param>
    public Task<NamespacedClient> HoldAsync(string containerdNamespace, string leaseId, DateTimeOffset expiresAt, CancellationToken cancel) =>
        containerd.HoldLeaseAsync(containerdNamespace, leaseId, expiresAt, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [LeaseRules.JobLabel] = leaseId[LeaseRules.OwnIdPrefix.Length..],
            [NodeLabel] = node.Value,
        }, cancel);

    /// <summary>Leases in a namespace that this gateway made, with the job each was made for.</summary>
    public async Task<IReadOnlyList<(string LeaseId, string JobId)>> OwnAsync(string containerdNamespace, CancellationToken cancel)
    {
        var leases = await containerd.In(containerdNamespace).LeasesAsync($"labels.\"{NodeLabel}\"==\"{node.Value}\"", cancel);
        return leases.Where(lease => lease.Labels.ContainsKey(LeaseRules.JobLabel)).Select(lease => (lease.Id, lease.Labels[LeaseRules.JobLabel])).ToArray();
    }

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
