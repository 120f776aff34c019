using Gateway.Containerd;
using Gateway.Http;

namespace Gateway.Leases;

/// <summary>getLease.</summary>
internal static class GetLease
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, string lease, ContainerdClient containerd, LeaseLocks locks, TimeProvider time, CancellationToken cancel)
    {
        var id = PathText.Decode(lease);
        using var turn = await locks.EnterAsync(@namespace, id, cancel);
        var found = await containerd.In(@namespace).RequireLeaseAsync(id, cancel);
        return Resource.Ok(http, LeaseView.From(found, time.GetUtcNow()));
    }
}
