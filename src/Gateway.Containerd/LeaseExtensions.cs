using Gateway.Containerd.Services.Leases;
using Grpc.Core;

namespace Gateway.Containerd;

/// <summary>Leases: what keeps unfinished work from the garbage collector.</summary>
public static class LeaseExtensions
{
    /// <summary>
    /// A client whose calls are made under the lease. The lease is made if it is not there yet: a second attempt finds the first's, with all it holds.
    /// </summary>
    /// <param name="expiresAt">When the daemon may drop the lease by itself. There is no call to prolong one.</param>
    public static async Task<NamespacedClient> HoldLeaseAsync(
        this ContainerdClient containerd, string containerdNamespace, string leaseId, DateTimeOffset expiresAt,
        IReadOnlyDictionary<string, string> labels, CancellationToken cancel)
    {
        var request = new CreateRequest { Id = leaseId };
        request.Labels.Add(labels.ToDictionary(StringComparer.Ordinal));
        request.Labels[LabelNames.GcExpire] = LeaseExpiry.Format(expiresAt);
        try
        {
            await containerd.In(containerdNamespace).Leases.CreateAsync(request, cancellationToken: cancel);
        }
        catch (RpcException exists) when (exists.StatusCode is StatusCode.AlreadyExists)
        {
            // Left by an earlier attempt.
        }

        return containerd.In(containerdNamespace, leaseId);
    }

    /// <summary>Adds a resource to the client's lease. The daemon does not check that it exists.</summary>
    /// <param name="type"><c>content</c>, <c>ingests</c> or <c>snapshots/&lt;snapshotter&gt;</c>.</param>
    public static Task HoldAsync(this NamespacedClient containerd, string type, string id, CancellationToken cancel) =>
        containerd.AddToLeaseAsync(containerd.LeaseId ?? throw new InvalidOperationException("the client has no lease to hold something with"), type, id, cancel);

    /// <summary>The same for any lease, whatever its id: it does not go into a header.</summary>
    public static async Task AddToLeaseAsync(this NamespacedClient containerd, string leaseId, string type, string id, CancellationToken cancel)
    {
        var request = new AddResourceRequest { Id = leaseId, Resource = new Resource { Type = type, Id = id } };
        await containerd.Leases.AddResourceAsync(request, cancellationToken: cancel);
    }

    /// <summary>Takes a resource out of a lease; one that is not in it is as good.</summary>
    public static async Task TakeFromLeaseAsync(this NamespacedClient containerd, string leaseId, string type, string id, CancellationToken cancel)
    {
        var request = new DeleteResourceRequest { Id = leaseId, Resource = new Resource { Type = type, Id = id } };
        await containerd.Leases.DeleteResourceAsync(request, cancellationToken: cancel);
    }

    /// <summary>The lease of this id, or null. Also one that has expired and is not collected yet.</summary>
    public static async Task<Lease?> FindLeaseAsync(this NamespacedClient containerd, string leaseId, CancellationToken cancel)
    {
        var request = new ListRequest { Filters = { FilterText.Equal("id", leaseId) } };
        return (await containerd.Leases.ListAsync(request, cancellationToken: cancel)).Leases.FirstOrDefault();
    }

    /// <summary>What a lease holds; empty where there is no such lease.</summary>
    public static async Task<IReadOnlyList<Resource>> LeaseResourcesAsync(this NamespacedClient containerd, string leaseId, CancellationToken cancel)
    {
        try
        {
            return (await containerd.Leases.ListResourcesAsync(new ListResourcesRequest { Id = leaseId }, cancellationToken: cancel)).Resources;
        }
        catch (RpcException missing) when (missing.StatusCode is StatusCode.NotFound)
        {
            return [];
        }
    }

    /// <summary>Drops a lease; one that is not there is as good.</summary>
    /// <param name="sync">Whether to wait until the garbage collector has taken what nothing else holds.</param>
    public static async Task DropLeaseAsync(this NamespacedClient containerd, string leaseId, bool sync, CancellationToken cancel)
    {
        try
        {
            await containerd.Leases.DeleteAsync(new DeleteRequest { Id = leaseId, Sync = sync }, cancellationToken: cancel);
        }
        catch (RpcException missing) when (missing.StatusCode is StatusCode.NotFound)
        {
            // Expired and collected, or dropped before.
        }
    }
}
