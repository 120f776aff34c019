using Gateway.Auth;
using Gateway.Containerd;
using Gateway.Containerd.Services.Snapshots;
using Gateway.Http;

namespace Gateway.Snapshots;

/// <summary>The mounts of a snapshot, in the order in which they are made.</summary>
/// <param name="Mounts">The mounts.</param>
internal sealed record MountsView(IReadOnlyList<MountView> Mounts);

/// <summary>getSnapshotMounts.</summary>
internal static class GetSnapshotMounts
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, string snapshotter, string key, Caller caller, ContainerdClient containerd, CancellationToken cancel)
    {
        var client = containerd.In(@namespace);
        var snapshot = await client.RequireSnapshotAsync(snapshotter, PathText.Decode(key), cancel);
        if (snapshot.Kind is Kind.Committed)
        {
            throw new ProblemException(ProblemKinds.SnapshotKindMismatch, $"'{snapshot.Name}' is committed and has no mounts: make a view of it");
        }

        var answer = await client.Snapshots.MountsAsync(new MountsRequest { Snapshotter = snapshotter, Key = snapshot.Name }, cancellationToken: cancel);
        return Resource.Fresh(http, new MountsView(MountView.From(answer.Mounts, caller)));
    }
}
