using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Http;
using Gateway.Images.Pull;
using Gateway.Jobs;
using Microsoft.Extensions.Options;

namespace Gateway.Images.Import;

/// <summary>
/// The job <c>image.import</c>: what is left once the archive stands in the content store. After a restart it runs again from its start, and finds
/// labels and snapshots of the last attempt.
/// </summary>
internal sealed class ImportJob(ImageImporter importer, PullLease lease, TimeProvider time, IOptions<ImageOptions> options) : IJobHandler
{
    public const string JobKind = "image.import";

    private static readonly TimeSpan LeaseSpare = TimeSpan.FromHours(1);

    public string Kind => JobKind;

    public async Task<JsonNode?> RunAsync(JobRun job, CancellationToken cancel)
    {
        var leaseId = PullLease.IdOf(job.Id);
        var work = job.Request.Deserialize<ImportWork>(GatewayJson.Options)!;
        // The request made it; it is only made here where an attempt before this one ended between its drop and the job's end.
        var held = await lease.HoldAsync(job.Namespace, leaseId, time.GetUtcNow() + options.Value.PullTimeout + LeaseSpare, cancel);
        var result = await importer.ImportAsync(held, work, job.Progress, cancel);
        await lease.DropAsync(job.Namespace, leaseId, cancel);
        return JsonSerializer.SerializeToNode(result, GatewayJson.Options);
    }

    public Task CleanUpAsync(JobRun job, CancellationToken cancel) => lease.AbandonAsync(job.Namespace, PullLease.IdOf(job.Id), cancel);
}
