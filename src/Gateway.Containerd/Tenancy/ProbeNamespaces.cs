using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.Containerd.Services.Content;
using Gateway.Containerd.Services.Leases;
using Gateway.Containerd.Services.Namespaces;
using Grpc.Core;

namespace Gateway.Containerd.Tenancy;

/// <summary>
/// The scratch namespaces of probes: <c>gateway-probe-&lt;seconds since 1970&gt;-&lt;32 hex digits&gt;-&lt;owner or thief&gt;</c>. The time in the name
/// tells those that a killed gateway has left from those of another gateway that is just at it.
/// </summary>
public static partial class ProbeNamespaces
{
    private const string Lease = "probe";

    /// <summary>What is older than this is left over. A probe takes half of it at most.</summary>
    private static readonly TimeSpan Age = TimeSpan.FromMinutes(1);

    /// <summary>Names of a new pair. They do not exist yet.</summary>
    public static (string Owner, string Thief) NewPair(DateTimeOffset now)
    {
        var name = $"gateway-probe-{now.ToUnixTimeSeconds()}-{Guid.NewGuid():N}";
        return ($"{name}-owner", $"{name}-thief");
    }

    /// <summary>Removes those that are left over; gives how many stand after that, which are younger or could not be removed.</summary>
    public static async Task<int> SweepAsync(ContainerdClient containerd, DateTimeOffset now, CancellationToken cancel)
    {
        var left = 0;
        foreach (var found in (await containerd.Namespaces.ListAsync(new ListNamespacesRequest(), cancellationToken: cancel)).Namespaces)
        {
            if (Name().Match(found.Name) is { Success: true } match)
            {
                var isLeft = (now - DateTimeOffset.FromUnixTimeSeconds(long.Parse(match.Groups["made"].ValueSpan, CultureInfo.InvariantCulture))).Duration() > Age;
                left += isLeft && await RemoveAsync(containerd, found.Name) ? 0 : 1;
            }
        }

        return left;
    }

    /// <summary>The namespace, under a lease that ends by itself.</summary>
    internal static Task<NamespacedClient> HoldAsync(ContainerdClient containerd, string name, DateTimeOffset now, CancellationToken cancel) =>
        containerd.HoldLeaseAsync(name, Lease, now + (2 * Age), new Dictionary<string, string>(StringComparer.Ordinal), cancel);

    /// <summary>Removes all that a probe may have made, and the namespace; one that is not there is as good. False: it is left for a sweep.</summary>
    internal static async Task<bool> RemoveAsync(ContainerdClient containerd, string name)
    {
        var client = containerd.In(name);
        var cancel = CancellationToken.None;
        try
        {
            foreach (var ingest in (await client.Content.ListStatusesAsync(new ListStatusesRequest(), cancellationToken: cancel)).Statuses)
            {
                await client.AbortIngestAsync(ingest.Ref, cancel);
            }

            foreach (var blob in await client.BlobsAsync(cancel).ToListAsync(cancel))
            {
                await IfThere(client.Content.DeleteAsync(new DeleteContentRequest { Digest = blob.Digest }, cancellationToken: cancel));
            }

            foreach (var lease in (await client.Leases.ListAsync(new ListRequest(), cancellationToken: cancel)).Leases)
            {
                await client.DropLeaseAsync(lease.Id, sync: false, cancel);
            }

            await IfThere(client.Namespaces.DeleteAsync(new DeleteNamespaceRequest { Name = name }, cancellationToken: cancel));
            return true;
        }
        catch (RpcException)
        {
            return false;
        }
    }

    private static async Task IfThere<T>(AsyncUnaryCall<T> call)
    {
        try
        {
            await call;
        }
        catch (RpcException gone) when (gone.StatusCode is StatusCode.NotFound)
        {
            // As good.
        }
    }

    [GeneratedRegex(@"\Agateway-probe-(?<made>[0-9]{1,11})-[0-9a-f]{32}-(owner|thief)\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Name();
}
