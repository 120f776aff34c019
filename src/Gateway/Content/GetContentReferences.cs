using Gateway.Containerd;
using Gateway.Http;
using Gateway.Oci;

namespace Gateway.Content;

/// <summary>getContentReferences: which images, containers, leases, snapshots and other content keep a blob.</summary>
internal static class GetContentReferences
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, Digest digest, ContainerdClient containerd, TimeProvider time, CancellationToken cancel)
    {
        var client = containerd.In(@namespace);
        await client.RequireBlobAsync(digest, cancel);
        var reader = new ReferenceReader(client, await containerd.SnapshottersAsync(cancel), time.GetUtcNow());
        return Resource.Ok(http, await reader.ReadAsync(digest, cancel));
    }
}
