using Gateway.Containerd;
using Gateway.Containerd.Services.Snapshots;
using Gateway.Http;

namespace Gateway.Snapshots;

/// <summary>What a snapshot takes on disk.</summary>
/// <param name="SizeBytes">Bytes of its own changes; of a view 0.</param>
/// <param name="Inodes">Files and folders of its own changes.</param>
/// <param name="WithParents">The same of the whole chain it stands on, itself included.</param>
internal sealed record UsageView(long SizeBytes, long Inodes, UsageTotalView WithParents);

/// <summary>What a chain of snapshots takes on disk.</summary>
/// <param name="SizeBytes">Bytes.</param>
/// <param name="Inodes">Files and folders.</param>
/// <param name="Snapshots">How many snapshots the chain has.</param>
internal sealed record UsageTotalView(long SizeBytes, long Inodes, int Snapshots);

/// <summary>getSnapshotUsage: of an active snapshot the daemon walks the files.</summary>
internal static class GetSnapshotUsage
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, string snapshotter, string key, ContainerdClient containerd, CancellationToken cancel)
    {
        var client = containerd.In(@namespace);
        var snapshot = await client.RequireSnapshotAsync(snapshotter, PathText.Decode(key), cancel);
        var own = await UsageAsync(snapshot);
        var (bytes, inodes, count) = (own.Size, own.Inodes, 1);
        await foreach (var parent in SnapshotChain.ParentsAsync(client, snapshotter, snapshot, cancel))
        {
            var usage = await UsageAsync(parent);
            (bytes, inodes, count) = (bytes + usage.Size, inodes + usage.Inodes, count + 1);
        }

        return Resource.Fresh(http, new UsageView(own.Size, own.Inodes, new UsageTotalView(bytes, inodes, count)));

        async Task<UsageResponse> UsageAsync(Info of) =>
            await client.Snapshots.UsageAsync(new UsageRequest { Snapshotter = snapshotter, Key = of.Name }, cancellationToken: cancel);
    }
}
