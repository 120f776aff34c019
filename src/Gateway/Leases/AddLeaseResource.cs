using Gateway.Containerd;
using Gateway.Http;

namespace Gateway.Leases;

/// <summary>addLeaseResource: gives a lease something that is there to keep.</summary>
internal static class AddLeaseResource
{
    public static async Task<IResult> Handle(
        string @namespace, string lease, LeaseResourceRequest request, ContainerdClient containerd, LeaseLocks locks, CancellationToken cancel)
    {
        var id = PathText.Decode(lease);
        var client = containerd.In(@namespace);
        using var turn = await locks.EnterAsync(@namespace, id, cancel);
        await client.RequireFreeLeaseAsync(id, cancel);
        await RequireAsync(client, request, cancel);
        await client.AddToLeaseAsync(id, request.ToWireType(), request.Id, cancel);
        try
        {
            // Once more: what is there now cannot be collected any more.
            await RequireAsync(client, request, cancel);
        }
        catch (ProblemException)
        {
            await client.TakeFromLeaseAsync(id, request.ToWireType(), request.Id, cancel);
            throw;
        }

        return TypedResults.Json(LeaseResourceView.From(request.ToWireType(), request.Id), GatewayJson.Options, statusCode: StatusCodes.Status201Created);
    }

    private static async Task RequireAsync(NamespacedClient client, LeaseResourceRequest request, CancellationToken cancel)
    {
        if (!await request.ExistsAsync(client, cancel))
        {
            throw new ProblemException(ProblemKinds.NotFound, $"there is no {request.Type} '{request.Id}' in namespace '{client.Namespace}'");
        }
    }
}
