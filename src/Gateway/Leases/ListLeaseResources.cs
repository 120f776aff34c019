using Gateway.Containerd;
using Gateway.Http;

namespace Gateway.Leases;

/// <summary>listLeaseResources: what a lease was given to keep, by type and id.</summary>
internal static class ListLeaseResources
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, string lease, [AsParameters] PageRequest page, ContainerdClient containerd, LeaseLocks locks,
        CancellationToken cancel)
    {
        var (client, id) = (containerd.In(@namespace), PathText.Decode(lease));
        using var turn = await locks.EnterAsync(@namespace, id, cancel);
        await client.RequireLeaseAsync(id, cancel);
        var resources = (await client.LeaseResourcesAsync(id, cancel))
            .Select(resource => LeaseResourceView.From(resource.Type, resource.Id)).OrderBy(Key, StringComparer.Ordinal).ToArray();
        return Paging.Answer(http, Paging.Slice(resources, Key, page));
    }

    private static string Key(LeaseResourceView resource) => $"{resource.Type}/{resource.Snapshotter}/{resource.Id}";
}
