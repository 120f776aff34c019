using Gateway.Containerd;
using Gateway.Http;

namespace Gateway.Leases;

/// <summary>deleteLease: what nothing else keeps goes with the next garbage collection.</summary>
internal static class DeleteLease
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, string lease, bool? sync, ContainerdClient containerd, LeaseLocks locks, TimeProvider time, CancellationToken cancel)
    {
        var id = PathText.Decode(lease);
        var client = containerd.In(@namespace);
        using var turn = await locks.EnterAsync(@namespace, id, cancel);
        var current = await client.RequireFreeLeaseAsync(id, cancel);
        Resource.RequireMatch(http, LeaseView.From(current, time.GetUtcNow()));
        await client.DropLeaseAsync(id, sync ?? false, cancel);
        return TypedResults.NoContent();
    }
}
