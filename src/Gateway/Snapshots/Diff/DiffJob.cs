using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Containerd;
using Gateway.Containerd.Services.Diff;
using Gateway.Containerd.Types;
using Gateway.Http;
using Gateway.Jobs;
using Gateway.Snapshots.Reading;

namespace Gateway.Snapshots.Diff;

/// <summary>
/// The job <c>snapshot.diff</c>: 1 take the job's lease · 2 the mounts of both sides, a view where a side is committed · 3 have containerd write
/// the difference · 4 give the layer to the lease that keeps it · 5 remove the views and drop the job's lease. Each step is safe to repeat.
/// </summary>
internal sealed class DiffJob(ContainerdClient containerd, SnapshotWork steps, SnapshotLeases leases, TimeProvider time) : IJobHandler
{
    public const string JobKind = "snapshot.diff";

    // Longer than all attempts together.
    private static readonly TimeSpan LeaseTerm = TimeSpan.FromHours(4);

    public string Kind => JobKind;

    public async Task<JsonNode?> RunAsync(JobRun job, CancellationToken cancel)
    {
        var work = job.Request.Deserialize<DiffWork>(GatewayJson.Options)!;
        // 1
        var labels = new Dictionary<string, string>(StringComparer.Ordinal) { [LeaseRules.JobLabel] = job.Id };
        var held = await containerd.HoldLeaseAsync(job.Namespace, IdOf(job), time.GetUtcNow() + LeaseTerm, labels, cancel);
        // 2
        var snapshot = await held.RequireSnapshotAsync(work.Snapshotter, work.Key, cancel);
        var left = await SnapshotWork.BaseMountsAsync(held, work.Snapshotter, work.Parent, "left", cancel);
        var right = await SnapshotWork.MountsAsync(held, work.Snapshotter, snapshot, "right", cancel);
        // 3
        job.Progress.Enter(JobPhase.Finalizing);
        var layer = await WriteAsync(held, work, left, right, cancel);
        // 4
        var result = await KeepAsync(held, job, work, layer, cancel);
        // 5
        await steps.EndAsync(job.Namespace, IdOf(job), cancel);
        return JsonSerializer.SerializeToNode(result, GatewayJson.Options);
    }

    public Task CleanUpAsync(JobRun job, CancellationToken cancel) => steps.EndAsync(job.Namespace, IdOf(job), cancel);

    private static string IdOf(JobRun job) => LeaseRules.OwnIdPrefix + job.Id;

    private static async Task<ContentDescriptor> WriteAsync(
        NamespacedClient held, DiffWork work, IReadOnlyList<Mount> left, IReadOnlyList<Mount> right, CancellationToken cancel)
    {
        var request = new DiffRequest { MediaType = work.MediaType, Ref = $"diff-{held.LeaseId}", Left = { left }, Right = { right } };
        request.Labels.Add(work.Labels.ToDictionary(StringComparer.Ordinal));
        var layer = (await held.Diff.DiffAsync(request, cancellationToken: cancel)).Diff;
        // Content that was there before keeps its own labels.
        await held.SetLabelsAsync(layer.Digest, work.Labels, cancel);
        return layer;
    }

    private async Task<DiffResult> KeepAsync(NamespacedClient held, JobRun job, DiffWork work, ContentDescriptor layer, CancellationToken cancel)
    {
        var info = await held.FindAndHoldAsync(layer.Digest, cancel)
            ?? throw new ProblemException(ProblemKinds.ContainerdFailure, $"containerd wrote {layer.Digest}, but does not have it");
        var keeper = work.Lease is { } named
            ? new SnapshotLeaseView(named, (await leases.RequireAsync(held, named, cancel)).ExpiresAt())
            : (await leases.NewAsync(job.Namespace, $"snapshot-{job.Id}", SnapshotLeases.TermOf(work), work.Snapshotter)).View;
        await held.AddToLeaseAsync(keeper.Id, "content", layer.Digest, cancel);
        // Of a plain tar the digest is the diff id.
        var diffId = info.Labels.TryGetValue(LabelNames.Uncompressed, out var uncompressed) ? uncompressed : layer.Digest;
        return new DiffResult(new LayerView(work.MediaType, layer.Digest, layer.Size), diffId, keeper);
    }
}
