using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Containerd;
using Gateway.Http;
using Gateway.Images.Pull;
using Gateway.Jobs;

namespace Gateway.Images.Push;

/// <summary>The job <c>image.push</c>. After a restart it runs again from the start, and finds in the registry what the last attempt had sent.</summary>
internal sealed class PushJob(ContainerdClient containerd, ImagePusher pusher, PullLease lease) : IJobHandler
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

    public async Task CleanUpAsync(JobRun job, CancellationToken cancel)
    {
        var leaseId = PullLease.IdOf(job.Id);
        await TransferPusher.ForgetAsync(containerd.In(job.Namespace), leaseId, cancel);
        await lease.AbandonAsync(job.Namespace, leaseId, cancel);
    }
}
