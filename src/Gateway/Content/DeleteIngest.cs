using Gateway.Containerd;
using Gateway.Http;

namespace Gateway.Content;

/// <summary>deleteIngest: throws away a blob that was left half-way.</summary>
internal static class DeleteIngest
{
    public static async Task<IResult> Handle(string @namespace, string @ref, ContainerdClient containerd, CancellationToken cancel)
    {
        var (client, name) = (containerd.In(@namespace), PathText.Decode(@ref));
        var ingest = await client.FindIngestAsync(name, cancel)
            ?? throw new ProblemException(ProblemKinds.NotFound, $"there is no ingest '{name}' in namespace '{@namespace}'");

        // The daemon throws it away under a writer's hands. Only one writer may hold it, so being one tells that there is no other.
        await using (var writer = await BlobWriter.TryOpenAsync(client, name, ingest.Total, cancel))
        {
            if (writer is null)
            {
                throw new ProblemException(ProblemKinds.IngestInUse, $"ingest '{name}' is being written");
            }
        }

        await client.AbortIngestAsync(name, cancel);
        return TypedResults.NoContent();
    }
}
