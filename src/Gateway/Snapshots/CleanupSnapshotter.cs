using Gateway.Containerd;
using Gateway.Containerd.Services.Snapshots;

namespace Gateway.Snapshots;

/// <summary>cleanupSnapshotter: has the snapshotter take what removed snapshots left on disk. Not every one leaves any.</summary>
internal static class CleanupSnapshotter
{
    public static async Task<IResult> Handle(string @namespace, string snapshotter, ContainerdClient containerd, CancellationToken cancel)
    {
        await containerd.In(@namespace).Snapshots.CleanupAsync(new CleanupRequest { Snapshotter = snapshotter }, cancellationToken: cancel);
        return TypedResults.NoContent();
    }
}
