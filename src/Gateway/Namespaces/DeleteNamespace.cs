using Gateway.Containerd;
using Gateway.Containerd.Services.Content;
using Gateway.Containerd.Services.Images;
using Gateway.Containerd.Services.Leases;
using Gateway.Containerd.Services.Namespaces;
using Gateway.Http;
using Grpc.Core;

namespace Gateway.Namespaces;

/// <summary>deleteNamespace: only an empty one goes.</summary>
internal static class DeleteNamespace
{
    public static async Task<IResult> Handle(HttpContext http, string @namespace, ContainerdClient containerd, CancellationToken cancel)
    {
        Http.Resource.RequireMatch(http, await NamespaceView.RequireAsync(containerd, @namespace, cancel));
        var client = containerd.In(@namespace);

        // The daemon minds neither leases nor ingests: a running pull would lose its footing, and the bytes of an
        // ingest nobody works on any more would stay on disk for good.
        var leases = (await client.Leases.ListAsync(new ListRequest(), cancellationToken: cancel)).Leases;
        if (leases.Count > 0)
        {
            throw new ProblemException(ProblemKinds.NamespaceNotEmpty, $"namespace '{@namespace}' still has {leases.Count} leases: work is going on in it");
        }

        if ((await client.Images.ListAsync(new ListImagesRequest(), cancellationToken: cancel)).Images.Count is > 0 and var images)
        {
            throw new ProblemException(ProblemKinds.NamespaceNotEmpty, $"namespace '{@namespace}' still has {images} images");
        }

        foreach (var ingest in (await client.Content.ListStatusesAsync(new ListStatusesRequest(), cancellationToken: cancel)).Statuses)
        {
            await client.AbortIngestAsync(ingest.Ref, cancel);
        }

        try
        {
            await client.Namespaces.DeleteAsync(new DeleteNamespaceRequest { Name = @namespace }, cancellationToken: cancel);
        }
        catch (RpcException full) when (full.StatusCode is StatusCode.FailedPrecondition)
        {
            throw new ProblemException(ProblemKinds.NamespaceNotEmpty, $"namespace '{@namespace}' still holds {What(full.Status.Detail)}", full);
        }

        return TypedResults.NoContent();
    }

    // The daemon lists the kinds of what is left; only those words are taken from its text.
    private static string What(string detail)
    {
        string[] kinds = ["images", "blobs", "containers", "snapshots"];
        var found = kinds.Where(kind => detail.Contains(kind, StringComparison.Ordinal)).ToArray();
        return found.Length > 0 ? string.Join(", ", found) : "resources";
    }
}
