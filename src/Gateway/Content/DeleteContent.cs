using Gateway.Auth;
using Gateway.Containerd;
using Gateway.Containerd.Services.Content;
using Gateway.Http;
using Gateway.Oci;
using Grpc.Core;

namespace Gateway.Content;

/// <summary>deleteContent: removes a blob that nothing needs. containerd itself minds no references, so they are looked for here.</summary>
internal static class DeleteContent
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, Digest digest, bool? force, Caller caller, ContainerdClient containerd, TimeProvider time, CancellationToken cancel)
    {
        if (force is true && !caller.May(Permission.Admin, @namespace))
        {
            throw new ProblemException(ProblemKinds.Forbidden, $"force needs {Permission.Admin}");
        }

        var client = containerd.In(@namespace);
        await client.RequireBlobAsync(digest, cancel);
        BlobTag.RequireMatch(http, digest);
        if (force is not true)
        {
            var references = await new ReferenceReader(client, await containerd.SnapshottersAsync(cancel), time.GetUtcNow()).ReadAsync(digest, cancel);
            if (references.InWords() is { } words)
            {
                throw new ProblemException(ProblemKinds.ContentInUse, $"{digest} is kept by {words}");
            }
        }

        try
        {
            await client.Content.DeleteAsync(new DeleteContentRequest { Digest = digest.ToString() }, cancellationToken: cancel);
        }
        catch (RpcException gone) when (gone.StatusCode is StatusCode.NotFound)
        {
            // Another client, or the garbage collector, was first.
        }

        return TypedResults.NoContent();
    }
}
