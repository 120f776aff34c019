using Gateway.Containerd;
using Gateway.Containerd.Services.Tasks;
using Gateway.Containerd.Types;
using Gateway.Http;

namespace Gateway.Snapshots;

/// <summary>Who uses a snapshot. containerd does not look: it takes the root file system from under a running container.</summary>
internal static class SnapshotUses
{
    private const int MaxNamed = 5;

    /// <summary>Throws <c>snapshot_in_use</c> where a container's record names the snapshot, or a task runs on it whose record is gone.</summary>
    public static async Task RequireUnusedAsync(NamespacedClient client, string snapshotter, string key, CancellationToken cancel)
    {
        var tasks = (await client.Tasks.ListAsync(new ListTasksRequest(), cancellationToken: cancel)).Tasks;
        var containers = await client.ContainersAsync([], cancel);
        var users = containers.Where(container => container.Snapshotter == snapshotter && container.SnapshotKey == key).Select(container => $"container '{container.Id}'");
        // A task whose record is gone no longer tells its snapshot; clients name both alike.
        var orphans = tasks.Where(task => task.Id == key && task.Status is not ProcessStatus.Stopped && containers.All(container => container.Id != task.Id))
            .Select(task => $"task '{task.Id}'");
        var named = users.Concat(orphans).Take(MaxNamed).ToArray();
        if (named.Length > 0)
        {
            throw new ProblemException(ProblemKinds.SnapshotInUse, $"snapshot '{key}' is used by {string.Join(", ", named)}");
        }
    }
}
