using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Containerd;
using Gateway.Http;
using Gateway.Jobs;
using Gateway.Oci;
using Gateway.Oci.Writing;

namespace Gateway.Images.Custom;

/// <summary>The job <c>image.compose</c>. After a restart it runs again from the start, and finds the documents and snapshots of the last attempt.</summary>
internal sealed class ComposeJob(CustomLease lease, CustomImageWriter writer) : IJobHandler
{
    public const string JobKind = "image.compose";

    public string Kind => JobKind;

    public async Task<JsonNode?> RunAsync(JobRun job, CancellationToken cancel)
    {
        var work = job.Request.Deserialize<ComposeWork>(GatewayJson.Options)!;
        var held = await lease.HoldAsync(job, cancel);
        var result = await ComposeAsync(held, work, job.Progress, cancel);
        await lease.DropAsync(job, cancel);
        return JsonSerializer.SerializeToNode(result, GatewayJson.Options);
    }

    public Task CleanUpAsync(JobRun job, CancellationToken cancel) => lease.AbandonAsync(job, cancel);

    private async Task<CustomResult> ComposeAsync(NamespacedClient held, ComposeWork work, JobProgress progress, CancellationToken cancel)
    {
        var from = work.Base is null ? BaseImage.Scratch(Platform.Parse(work.Platform)) : await BaseReader.ReadAsync(held, work.Base, cancel);
        await RequiredContent.HoldAsync(held, from.Blobs.Select(blob => blob.Digest), cancel);
        var image = new NewImage
        {
            Layers = await ReadLayersAsync(held, work.Layers, from.MediaType, cancel),
            Changes = CustomConfig.ChangesOf(work.Config),
            Created = work.Created,
            CreatedBy = "compose",
            Author = work.Author,
            Comment = work.Message,
        };
        return await writer.WriteAsync(held, work.Reference, work.Snapshotter, from, image, progress, cancel);
    }

    // Each blob is read once, however often it is named.
    private static async Task<IReadOnlyList<NewLayer>> ReadLayersAsync(
        NamespacedClient held, IReadOnlyList<ComposedLayer> layers, string manifestType, CancellationToken cancel)
    {
        var read = new Dictionary<string, NewLayer>(StringComparer.Ordinal);
        foreach (var layer in layers)
        {
            read[layer.Digest] = await StoredLayer.ReadAsync(held, layer, read.GetValueOrDefault(layer.Digest), manifestType, cancel);
        }

        return [.. layers.Select(layer => read[layer.Digest])];
    }
}
