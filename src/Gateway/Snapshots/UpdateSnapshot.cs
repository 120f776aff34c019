using Gateway.Containerd;
using Gateway.Containerd.Services.Snapshots;
using Gateway.Http;
using Google.Protobuf.WellKnownTypes;

namespace Gateway.Snapshots;

/// <summary>updateSnapshot: changes labels by JSON Merge Patch; a null removes one.</summary>
internal static class UpdateSnapshot
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, string snapshotter, string key, LabelsPatch patch, ContainerdClient containerd, CancellationToken cancel)
    {
        var client = containerd.In(@namespace);
        var current = await client.RequireSnapshotAsync(snapshotter, PathText.Decode(key), cancel);
        Resource.RequireMatch(http, SnapshotView.From(current));
        var changes = patch.Changes();
        patch.RequireRoom(current.Labels.Keys);
        // A mask names each key: without one all labels would be replaced.
        var request = new UpdateSnapshotRequest { Snapshotter = snapshotter, Info = new Info { Name = current.Name }, UpdateMask = new FieldMask() };
        foreach (var (label, value) in changes)
        {
            // An empty value removes the label in the daemon.
            request.Info.Labels[label] = value ?? "";
            request.UpdateMask.Paths.Add("labels." + label);
        }

        if (request.UpdateMask.Paths.Count > 0)
        {
            current = (await client.Snapshots.UpdateAsync(request, cancellationToken: cancel)).Info;
        }

        return Resource.Ok(http, SnapshotView.From(current));
    }
}
