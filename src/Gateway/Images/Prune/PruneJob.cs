using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Http;
using Gateway.Images.Pull;
using Gateway.Jobs;

namespace Gateway.Images.Prune;

/// <summary>The job <c>image.prune</c>. After a restart it looks anew; what an earlier attempt removed is then not in the result.</summary>
internal sealed class PruneJob(ImagePruner pruner, PullLease lease) : IJobHandler
{
    public const string JobKind = "image.prune";

    public string Kind => JobKind;

    public async Task<JsonNode?> RunAsync(JobRun job, CancellationToken cancel)
    {
        job.Progress.Enter(JobPhase.Finalizing);
        await CleanUpAsync(job, cancel); // an earlier attempt may have ended between making its lease and dropping it
        var work = job.Request.Deserialize<PruneWork>(GatewayJson.Options)!;
        var result = await pruner.PruneAsync(job.Namespace, work, PullLease.IdOf(job.Id), cancel);
        return JsonSerializer.SerializeToNode(result, GatewayJson.Options);
    }

    public Task CleanUpAsync(JobRun job, CancellationToken cancel) =>
        lease.DropAsync(job.Namespace, PullLease.IdOf(job.Id), cancel);
}
