using Gateway.Containerd;
using Gateway.Containerd.Services.Snapshots;
using Gateway.Http;
using Gateway.Snapshots.Trees;
using Microsoft.Extensions.Options;

namespace Gateway.Snapshots.Reading;

/// <summary>Which snapshot to read.</summary>
internal sealed record SnapshotName(string Namespace, string Snapshotter, string Key);

/// <summary>
/// Reads files of snapshots. A committed one has no mounts, so a view of it is made, under a lease, which also keeps the snapshot while it is
/// read; both go at the end, however that comes. Readers are counted: each holds folders open.
/// </summary>
internal sealed class SnapshotReader(ContainerdClient containerd, SnapshotWork work, TimeProvider time, IOptions<SnapshotOptions> options) : IDisposable
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);
    private readonly SemaphoreSlim places = new(options.Value.MaxConcurrentReads);

    /// <summary>Gives the tree of a snapshot to the reader.</summary>
    public Task ReadAsync(SnapshotName name, Func<TreeLayers, CancellationToken, Task> read, CancellationToken cancel) =>
        HoldAsync(name, async (held, snapshot, stop) =>
            await read(TreeLayers.From(await SnapshotWork.MountsAsync(held, name.Snapshotter, snapshot, "right", stop)), stop), cancel);

    /// <summary>Gives the trees of a snapshot and of one it stands on, by default its parent, to the reader.</summary>
    public Task CompareAsync(SnapshotName name, string? against, Func<TreeComparison, CancellationToken, Task> read, CancellationToken cancel) =>
        HoldAsync(name, async (held, snapshot, stop) =>
        {
            var parent = await SnapshotChain.BaseAsync(held, name.Snapshotter, snapshot, against, stop);
            var left = TreeLayers.From(await SnapshotWork.BaseMountsAsync(held, name.Snapshotter, parent, "left", stop));
            var right = TreeLayers.From(await SnapshotWork.MountsAsync(held, name.Snapshotter, snapshot, "right", stop));
            await read(new TreeComparison(right, left), stop);
        }, cancel);

    public void Dispose() => places.Dispose();

    private async Task HoldAsync(SnapshotName name, Func<NamespacedClient, Info, CancellationToken, Task> read, CancellationToken cancel)
    {
        var snapshot = await containerd.In(name.Namespace).RequireSnapshotAsync(name.Snapshotter, name.Key, cancel);
        if (!await places.WaitAsync(TimeSpan.Zero, cancel))
        {
            throw new ProblemException(ProblemKinds.TooManyRequests, "too many snapshots are being read") { RetryAfter = Retry };
        }

        var leaseId = $"{LeaseRules.OwnIdPrefix}read-{Guid.NewGuid():N}";
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(options.Value.MaxReadTime);
            var labels = new Dictionary<string, string>(StringComparer.Ordinal) { ["gateway/reads"] = name.Snapshotter };
            var held = await containerd.HoldLeaseAsync(name.Namespace, leaseId, time.GetUtcNow() + options.Value.MaxReadTime, labels, CancellationToken.None);
            await read(held, snapshot, limit.Token);
        }
        finally
        {
            places.Release();
            await work.EndAsync(name.Namespace, leaseId, CancellationToken.None);
        }
    }
}
