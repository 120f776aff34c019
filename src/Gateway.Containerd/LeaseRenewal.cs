using Gateway.Containerd.Services.Leases;

namespace Gateway.Containerd;

/// <summary>
/// Changes a lease's labels, and with them its term. The daemon has no call for it, so the lease is made anew: a stand-in takes all it
/// holds, the lease goes, is made again, and takes all back. At every moment one of the two holds everything.
/// </summary>
/// <remarks>
/// A process that ends in between leaves the stand-in, which names the lease and has a term of its own. A client other than this one that works
/// under the lease meanwhile may find it gone, and what it adds in the last moment is not taken over.
/// </remarks>
public static class LeaseRenewal
{
    /// <summary>On a stand-in: the lease it stands in for.</summary>
    public const string RenewsLabel = "gateway/renews";

    private const string StandInPrefix = "gw-renewal-";
    private static readonly TimeSpan StandInTerm = TimeSpan.FromHours(1);

    /// <summary>The lease with these labels and no others. One caller at a time for a lease: <see cref="LeaseLocks"/>.</summary>
    public static async Task<Lease> RelabelLeaseAsync(
        this NamespacedClient containerd, string leaseId, IReadOnlyDictionary<string, string> labels, DateTimeOffset now, CancellationToken cancel)
    {
        var standIn = StandInPrefix + Guid.NewGuid().ToString("N");
        await CreateAsync(containerd, standIn, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [RenewsLabel] = leaseId,
            [LabelNames.GcExpire] = LeaseExpiry.Format(now + StandInTerm),
        }, cancel);
        try
        {
            await CopyAsync(containerd, leaseId, standIn, cancel);
        }
        catch
        {
            await containerd.DropLeaseAsync(standIn, sync: false, CancellationToken.None);
            throw;
        }

        // From here on there is no way back, also not for a caller that leaves.
        await containerd.DropLeaseAsync(leaseId, sync: false, CancellationToken.None);
        var renewed = await CreateAsync(containerd, leaseId, labels, CancellationToken.None);
        await CopyAsync(containerd, standIn, leaseId, CancellationToken.None);
        await containerd.DropLeaseAsync(standIn, sync: false, CancellationToken.None);
        return renewed;
    }

    private static async Task<Lease> CreateAsync(
        NamespacedClient containerd, string leaseId, IReadOnlyDictionary<string, string> labels, CancellationToken cancel)
    {
        var request = new CreateRequest { Id = leaseId };
        request.Labels.Add(labels.ToDictionary(StringComparer.Ordinal));
        return (await containerd.Leases.CreateAsync(request, cancellationToken: cancel)).Lease;
    }

    // Until a listing shows nothing new: what was added while the rest was copied is not lost.
    private static async Task CopyAsync(NamespacedClient containerd, string from, string to, CancellationToken cancel)
    {
        var copied = new HashSet<Resource>();
        while (true)
        {
            var listed = await containerd.LeaseResourcesAsync(from, cancel);
            var added = listed.Where(copied.Add).ToArray();
            foreach (var resource in added)
            {
                await containerd.AddToLeaseAsync(to, resource.Type, resource.Id, cancel);
            }

            if (added.Length is 0)
            {
                return;
            }
        }
    }
}
