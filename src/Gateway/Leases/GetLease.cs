using Gateway.Containerd;
using Gateway.Http;

namespace Gateway.Leases;

/// <summary>getLease.</summary>
internal static class GetLease
{
    public static async Task<IResult> Handle(HttpContext http, string @namespace, string lease, ContainerdClient containerd, TimeProvider time, CancellationToken cancel)
    {
        var found = await containerd.In(@namespace).RequireLeaseAsync(PathText.Decode(lease), cancel);
        return Resource.Ok(http, LeaseView.From(found, time.GetUtcNow()));
    }
}
