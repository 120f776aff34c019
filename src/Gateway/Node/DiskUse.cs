using Gateway.Containerd;
using Gateway.Containerd.Services.Namespaces;
using Gateway.Containerd.Services.Snapshots;
using Grpc.Core;

namespace Gateway.Node;

/// <summary>Adds up what the daemon stores. Kept for a minute: the sum asks for every blob and snapshot of the node.</summary>
internal sealed class DiskUse(ContainerdClient containerd, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim measuring = new(1, 1);
    private DiskUseView? last;

    public async Task<DiskUseView> MeasureAsync(CancellationToken cancel)
    {
        await measuring.WaitAsync(cancel);
        try
        {
            if (last is null || time.GetUtcNow() - last.MeasuredAt > Kept)
            {
                last = await AddUpAsync(cancel);
            }

            return last;
        }
        finally
        {
            measuring.Release();
        }
    }

    public void Dispose() => measuring.Dispose();

    private async Task<DiskUseView> AddUpAsync(CancellationToken cancel)
    {
        var blobs = new Dictionary<string, long>(StringComparer.Ordinal);
        var snapshots = (await containerd.SnapshottersAsync(cancel)).ToDictionary(name => name, _ => 0L, StringComparer.Ordinal);
        foreach (var containerdNamespace in (await containerd.Namespaces.ListAsync(new ListNamespacesRequest(), cancellationToken: cancel)).Namespaces)
        {
            var client = containerd.In(containerdNamespace.Name);
            await foreach (var blob in client.BlobsAsync(cancel))
            {
                blobs[blob.Digest] = blob.Size;
            }

            foreach (var snapshotter in snapshots.Keys)
            {
                snapshots[snapshotter] += await SnapshotBytesAsync(client, snapshotter, cancel);
            }
        }

        return new DiskUseView(blobs.Values.Sum(), snapshots, time.GetUtcNow());
    }

    // Committed ones only: their usage is stored, that of an active one would be walked.
    private static async Task<long> SnapshotBytesAsync(NamespacedClient client, string snapshotter, CancellationToken cancel)
    {
        var bytes = 0L;
        using var list = client.Snapshots.List(new ListSnapshotsRequest { Snapshotter = snapshotter, Filters = { "kind==committed" } }, cancellationToken: cancel);
        while (await list.ResponseStream.MoveNext(cancel))
        {
            foreach (var snapshot in list.ResponseStream.Current.Info)
            {
                try
                {
                    bytes += (await client.Snapshots.UsageAsync(new UsageRequest { Snapshotter = snapshotter, Key = snapshot.Name }, cancellationToken: cancel)).Size;
                }
                catch (RpcException gone) when (gone.StatusCode is StatusCode.NotFound)
                {
                    // Removed since it was listed.
                }
            }
        }

        return bytes;
    }
}
