using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Http;
using Gateway.Images.Pull;
using Gateway.Jobs;

namespace Gateway.Images.Push;

/// <summary>The job <c>image.push</c>. After a restart it runs again from the start, and finds in the registry what the last attempt had sent.</summary>
internal sealed class PushJob(ImagePusher pusher, PullLease lease) : IJobHandler
{
    public const string JobKind = "image.push";

    public string Kind => JobKind;

    public async Task<JsonNode?> RunAsync(JobRun job, CancellationToken cancel)
    {
        var leaseId = PullLease.IdOf(job.Id);
        var work = job.Request.Deserialize<PushWork>(GatewayJson.Options)!;
        var result = await pusher.PushAsync(work, JobCredentials.Read(job.Secret), job.Namespace, leaseId, job.Progress, cancel);
        await lease.DropAsync(job.Namespace, leaseId, cancel);
        return JsonSerializer.SerializeToNode(result, GatewayJson.Options);
    }

    public Task CleanUpAsync(JobRun job, CancellationToken cancel) => lease.AbandonAsync(job.Namespace, PullLease.IdOf(job.Id), cancel);
}
