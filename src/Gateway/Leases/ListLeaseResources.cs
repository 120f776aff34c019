using Gateway.Containerd;
using Gateway.Http;

namespace Gateway.Leases;

/// <summary>listLeaseResources: what a lease was given to keep, by type and id.</summary>
internal static class ListLeaseResources
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, string lease, [AsParameters] PageRequest page, ContainerdClient containerd, CancellationToken cancel)
    {
        var client = containerd.In(@namespace);
        var found = await client.RequireLeaseAsync(PathText.Decode(lease), cancel);
        var resources = (await client.LeaseResourcesAsync(found.Id, cancel))
            .Select(resource => LeaseResourceView.From(resource.Type, resource.Id)).OrderBy(Key, StringComparer.Ordinal).ToArray();
        return Paging.Answer(http, Paging.Slice(resources, Key, page));
    }

    private static string Key(LeaseResourceView resource) => $"{resource.Type}/{resource.Snapshotter}/{resource.Id}";
}
