using Gateway.Containerd;
using Gateway.Containerd.Services.Leases;
using Gateway.Http;
using Microsoft.AspNetCore.Mvc;

namespace Gateway.Leases;

/// <summary>listLeases: the leases of a namespace by id.</summary>
internal static class ListLeases
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, [AsParameters] PageRequest page, [FromQuery] string[]? filter, ContainerdClient containerd, TimeProvider time, CancellationToken cancel)
    {
        var request = new ListRequest { Filters = { FilterQuery.Checked(filter) } };
        var leases = (await containerd.In(@namespace).Leases.ListAsync(request, cancellationToken: cancel)).Leases.OrderBy(lease => lease.Id, StringComparer.Ordinal).ToArray();
        var slice = Paging.Slice(leases, lease => lease.Id, page);
        var now = time.GetUtcNow();
        return Paging.Answer(http, new Page<LeaseView>(slice.Items.Select(lease => LeaseView.From(lease, now)).ToArray(), slice.NextPageToken));
    }
}
