using Gateway.Containerd;
using Gateway.Images.Pull;
using Gateway.Jobs;
using Microsoft.Extensions.Options;

namespace Gateway.Images.Custom;

/// <summary>The lease of a commit or a compose, named after the job as a pull's is.</summary>
internal sealed class CustomLease(PullLease lease, TimeProvider time, IOptions<ImageOptions> options)
{
    /// <summary>How long the lease outlives the job's time: every attempt has ended by then.</summary>
    private static readonly TimeSpan Spare = TimeSpan.FromHours(1);

    public Task<NamespacedClient> HoldAsync(JobRun job, CancellationToken cancel) =>
        lease.HoldAsync(job.Namespace, PullLease.IdOf(job.Id), time.GetUtcNow() + options.Value.PullTimeout + Spare, cancel);

    public Task DropAsync(JobRun job, CancellationToken cancel) => lease.DropAsync(job.Namespace, PullLease.IdOf(job.Id), cancel);

    public Task AbandonAsync(JobRun job, CancellationToken cancel) => lease.AbandonAsync(job.Namespace, PullLease.IdOf(job.Id), cancel);
}
