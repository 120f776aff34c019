using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Containerd;
using Gateway.Http;
using Gateway.Jobs;
using Gateway.Oci.Writing;

namespace Gateway.Images.Custom;

/// <summary>The job <c>image.commit</c>. After a restart it runs again from the start: the layer is written anew, the documents are found if they are the same.</summary>
internal sealed class CommitJob(CustomLease lease, CustomImageWriter writer) : IJobHandler
{
    public const string JobKind = "image.commit";

    public string Kind => JobKind;

    public async Task<JsonNode?> RunAsync(JobRun job, CancellationToken cancel)
    {
        var work = job.Request.Deserialize<CommitWork>(GatewayJson.Options)!;
        var held = await lease.HoldAsync(job, cancel);
        var result = await CommitAsync(held, work, job.Progress, cancel);
        await lease.DropAsync(job, cancel);
        return JsonSerializer.SerializeToNode(result, GatewayJson.Options);
    }

    public Task CleanUpAsync(JobRun job, CancellationToken cancel) => lease.AbandonAsync(job, cancel);

    private async Task<CustomResult> CommitAsync(NamespacedClient held, CommitWork work, JobProgress progress, CancellationToken cancel)
    {
        var from = await BaseReader.ReadAsync(held, work.Base, cancel);
        await RequiredContent.HoldAsync(held, from.Blobs.Select(blob => blob.Digest), cancel);
        var layer = await SnapshotDiff.WriteAsync(held, work, from.MediaType, cancel);
        var image = new NewImage
        {
            Layers = layer is null ? [] : [layer],
            Changes = CustomConfig.ChangesOf(work.Config),
            Created = work.Created,
            CreatedBy = "commit",
            Author = work.Author,
            Comment = work.Message,
        };
        return await writer.WriteAsync(held, work.Reference, work.Snapshotter, from, image, progress, cancel);
    }
}
