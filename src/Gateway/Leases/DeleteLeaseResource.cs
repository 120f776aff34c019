using Gateway.Containerd;
using Gateway.Http;

namespace Gateway.Leases;

/// <summary>deleteLeaseResource: the lease no longer keeps it.</summary>
internal static class DeleteLeaseResource
{
    public static async Task<IResult> Handle(
        string @namespace, string lease, [AsParameters] LeaseResourceRequest request, ContainerdClient containerd, LeaseLocks locks, CancellationToken cancel)
    {
        var id = PathText.Decode(lease);
        var client = containerd.In(@namespace);
        using var turn = await locks.EnterAsync(@namespace, id, cancel);
        await client.RequireFreeLeaseAsync(id, cancel);
        var kept = await client.LeaseResourcesAsync(id, cancel);
        if (!kept.Any(resource => resource.Type == request.ToWireType() && resource.Id == request.Id))
        {
            throw new ProblemException(ProblemKinds.NotFound, $"lease '{id}' does not keep '{request.Id}'");
        }

        await client.TakeFromLeaseAsync(id, request.ToWireType(), request.Id, cancel);
        return TypedResults.NoContent();
    }
}
