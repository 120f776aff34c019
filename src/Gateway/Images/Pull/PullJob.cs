using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Http;
using Gateway.Jobs;

namespace Gateway.Images.Pull;

/// <summary>
/// The job <c>image.pull</c>. After a restart it runs again from the start: what the last attempt brought is found under the job's lease, a
/// half-done blob goes on at its offset, a half-unpacked layer is unpacked anew.
/// </summary>
internal sealed class PullJob(ImagePuller puller, PullLease lease) : IJobHandler
{
    public const string JobKind = "image.pull";

    public string Kind => JobKind;

    public async Task<JsonNode?> RunAsync(JobRun job, CancellationToken cancel)
    {
        var leaseId = PullLease.IdOf(job.Id);
        var work = job.Request.Deserialize<PullWork>(GatewayJson.Options)!;
        var result = await puller.PullAsync(work, JobCredentials.Read(job.Secret), job.Namespace, leaseId, job.Progress, cancel);
        await lease.DropAsync(job.Namespace, leaseId, cancel);
        return JsonSerializer.SerializeToNode(result, GatewayJson.Options);
    }

    public Task CleanUpAsync(JobRun job, CancellationToken cancel) => lease.AbandonAsync(job.Namespace, PullLease.IdOf(job.Id), cancel);
}
