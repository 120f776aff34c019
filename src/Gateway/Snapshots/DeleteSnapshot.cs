using Gateway.Containerd;
using Gateway.Containerd.Services.Snapshots;
using Gateway.Http;
using Grpc.Core;

namespace Gateway.Snapshots;

/// <summary>deleteSnapshot.</summary>
internal static class DeleteSnapshot
{
    private const int MaxNamed = 5;

    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, string snapshotter, string key, ContainerdClient containerd, CancellationToken cancel)
    {
        var client = containerd.In(@namespace);
        var snapshot = await client.RequireSnapshotAsync(snapshotter, PathText.Decode(key), cancel);
        Resource.RequireMatch(http, SnapshotView.From(snapshot));
        await SnapshotUses.RequireUnusedAsync(client, snapshotter, snapshot.Name, cancel);
        try
        {
            await client.Snapshots.RemoveAsync(new RemoveSnapshotRequest { Snapshotter = snapshotter, Key = snapshot.Name }, cancellationToken: cancel);
            return TypedResults.NoContent();
        }
        catch (RpcException refused) when (refused.StatusCode is StatusCode.FailedPrecondition)
        {
            var children = await ChildrenAsync(client, snapshotter, snapshot.Name, cancel);
            throw new ProblemException(ProblemKinds.SnapshotHasChildren, $"other snapshots stand on '{snapshot.Name}': {string.Join(", ", children)}", refused);
        }
        catch (RpcException gone) when (gone.StatusCode is StatusCode.NotFound)
        {
            throw new ProblemException(ProblemKinds.SnapshotNotFound, $"snapshot '{snapshot.Name}' is gone: it was removed or committed meanwhile", gone);
        }
    }

    private static async Task<IReadOnlyList<string>> ChildrenAsync(NamespacedClient client, string snapshotter, string key, CancellationToken cancel)
    {
        var names = new List<string>();
        await foreach (var child in client.SnapshotsAsync(snapshotter, [FilterText.Equal("parent", key)], cancel))
        {
            if (names.Count == MaxNamed)
            {
                names.Add("...");
                break;
            }

            names.Add($"'{child.Name}'");
        }

        return names;
    }
}
