using Gateway.Containerd;
using Gateway.Containerd.Services.Snapshots;
using Gateway.Http;

namespace Gateway.Images.Custom;

/// <summary>Whose changes are committed: an active snapshot, and the name of the image it was prepared from.</summary>
internal sealed record CommitSource(string Snapshotter, string Snapshot, string Base)
{
    public static async Task<CommitSource> FindAsync(NamespacedClient client, CommitRequest request, CancellationToken cancel)
    {
        if (request.Container is null)
        {
            return new CommitSource(request.Snapshotter!, request.Snapshot!, request.Base!);
        }

        return await client.ContainersAsync([ContainerStore.EqualsFilter("id", request.Container)], cancel) switch
        {
            [] => throw new ProblemException(ProblemKinds.NotFound, $"there is no container '{request.Container}' in namespace '{client.Namespace}'"),
            [{ SnapshotKey: "" } or { Image: "" }, ..] => throw new ProblemException(ProblemKinds.NotCommittable, $"container '{request.Container}' has no snapshot or no image"),
            [var container, ..] => new CommitSource(container.Snapshotter, container.SnapshotKey, container.Image),
        };
    }

    /// <summary>The snapshot's parent: the key of the topmost layer below it, empty where there is none.</summary>
    public static async Task<string> RequireParentAsync(NamespacedClient client, string snapshotter, string snapshot, CancellationToken cancel)
    {
        var info = await client.FindSnapshotAsync(snapshotter, snapshot, cancel)
            ?? throw new ProblemException(ProblemKinds.NotFound, $"{snapshotter} has no snapshot '{snapshot}' in namespace '{client.Namespace}'");
        return info.Kind is Kind.Active
            ? info.Parent
            : throw new ProblemException(ProblemKinds.NotCommittable, $"snapshot '{snapshot}' is {info.Kind.ToString().ToLowerInvariant()}; only an active one can be committed");
    }

    /// <summary>The base image whose layers the snapshot stands on.</summary>
    public async Task<BaseImage> RequireBaseAsync(NamespacedClient client, CancellationToken cancel)
    {
        var parent = await RequireParentAsync(client, Snapshotter, Snapshot, cancel);
        var image = await ImageNames.RequireAsync(client, Base, cancel);
        return await BaseReader.FindByChainAsync(client, image, parent, cancel)
            ?? throw new ProblemException(ProblemKinds.NotCommittable,
                $"snapshot '{Snapshot}' stands on '{parent}', which is not the topmost layer of any platform of '{image.Name}' that is here");
    }
}
