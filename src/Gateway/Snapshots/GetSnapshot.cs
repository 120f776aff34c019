using Gateway.Containerd;
using Gateway.Http;

namespace Gateway.Snapshots;

/// <summary>getSnapshot.</summary>
internal static class GetSnapshot
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, string snapshotter, string key, ContainerdClient containerd, CancellationToken cancel) =>
        Resource.Ok(http, SnapshotView.From(await containerd.In(@namespace).RequireSnapshotAsync(snapshotter, PathText.Decode(key), cancel)));
}
