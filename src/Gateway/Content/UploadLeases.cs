using Gateway.Containerd;
using Gateway.Containerd.Services.Leases;
using Gateway.Http;
using Gateway.Oci;

namespace Gateway.Content;

/// <summary>The leases of uploads: one to work under, and the one that holds the content in the end.</summary>
internal sealed class UploadLeases(ContainerdClient containerd, LeaseLocks locks, TimeProvider time)
{
    private const string Label = "gateway/upload";

    /// <summary>Longest time a request may bring its bytes in. A gateway that is killed meanwhile leaves its work lease for as long.</summary>
    private static readonly TimeSpan LongestUpload = TimeSpan.FromHours(24);

    /// <summary>Where all parts of a blob come together.</summary>
    public static string PartsIdOf(Digest digest) => $"upload-{digest.Hex[..32]}-parts";

    /// <summary>Works under a lease of its own, which nobody else changes, and drops it at the end.</summary>
    public async Task<T> RunAsync<T>(string containerdNamespace, Digest digest, Func<NamespacedClient, Task<T>> work)
    {
        // Without the request's token: a lease that was just being made when the client left would stay.
        var held = await containerd.HoldLeaseAsync(
            containerdNamespace, $"{LeaseRules.OwnIdPrefix}upload-{Guid.NewGuid():N}", time.GetUtcNow() + LongestUpload, LabelsOf(digest), CancellationToken.None);
        try
        {
            return await work(held);
        }
        finally
        {
            await containerd.In(containerdNamespace).DropLeaseAsync(held.LeaseId!, sync: false, CancellationToken.None);
        }
    }

    /// <summary>Told before the bytes are read: that there is no lease as the caller named it, or that it is not the caller's.</summary>
    public async Task RequireNamedAsync(NamespacedClient client, UploadQuery query, CancellationToken cancel)
    {
        if (query.Lease is not null)
        {
            using var turn = await locks.EnterAsync(client.Namespace, query.Lease, cancel);
            await client.RequireFreeLeaseAsync(query.Lease, cancel);
        }
    }

    /// <summary>Puts content that is held by another lease on the one that the caller named, or on a new one.</summary>
    public async Task<UploadLeaseView> HoldAsync(NamespacedClient client, Digest digest, UploadQuery query)
    {
        if (query.Lease is not null)
        {
            using var turn = await locks.EnterAsync(client.Namespace, query.Lease, CancellationToken.None);
            var named = await client.RequireFreeLeaseAsync(query.Lease, CancellationToken.None);
            await client.AddToLeaseAsync(named.Id, "content", digest.ToString(), CancellationToken.None);
            return ViewOf(named);
        }

        var (id, expiresAt) = ($"upload-{digest.Hex[..12]}-{Guid.NewGuid():N}", time.GetUtcNow() + query.TermOrDefault());
        await containerd.HoldLeaseAsync(client.Namespace, id, expiresAt, LabelsOf(digest), CancellationToken.None);
        await client.AddToLeaseAsync(id, "content", digest.ToString(), CancellationToken.None);
        return ViewOf((await client.FindLeaseAsync(id, CancellationToken.None))!);
    }

    /// <summary>The lease of an upload in parts that lasts for half the term at least. To be called by one at a time for a lease.</summary>
    public async Task<Lease> ForPartsAsync(NamespacedClient client, Digest digest, TimeSpan term, CancellationToken cancel)
    {
        var (id, now) = (PartsIdOf(digest), time.GetUtcNow());
        await containerd.HoldLeaseAsync(client.Namespace, id, now + term, LabelsOf(digest), cancel);
        var lease = await client.RequireLeaseAsync(id, cancel);
        if (lease.ExpiresAt() > now + (term / 2))
        {
            return lease;
        }

        lease.Labels[LabelNames.GcExpire] = LeaseExpiry.Format(now + term);
        return await client.RelabelLeaseAsync(id, lease.Labels.ToDictionary(StringComparer.Ordinal), now, cancel);
    }

    public static UploadLeaseView ViewOf(Lease lease) => new(lease.Id, lease.ExpiresAt());

    private static Dictionary<string, string> LabelsOf(Digest digest) => new(StringComparer.Ordinal) { [Label] = digest.ToString() };
}
