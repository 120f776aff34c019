namespace Gateway.TestKit;

/// <summary>What must hold of a daemon as a whole when no work goes on in it at all.</summary>
internal static class DaemonInvariants
{
    public static async Task<IReadOnlyList<string>> ViolationsAsync(ContainerdPlace daemon, string snapshotter) =>
        [.. await BackendAsync(daemon, snapshotter), .. Mounts(daemon), .. await ShimsAsync(daemon)];

    // A snapshot's folder outlives its record when a daemon is killed between the two.
    private static async Task<IEnumerable<string>> BackendAsync(ContainerdPlace daemon, string snapshotter)
    {
        var folder = new DirectoryInfo(Path.Combine(daemon.Root, $"io.containerd.snapshotter.v1.{snapshotter}", "snapshots"));
        var onDisk = folder.Exists ? folder.EnumerateDirectories().Count() : 0;
        var recorded = 0;
        foreach (var containerdNamespace in await daemon.Ctr.NamespacesAsync())
        {
            recorded += (await daemon.Ctr.SnapshotsAsync(containerdNamespace, snapshotter)).Length;
        }

        return onDisk == recorded ? [] : [$"{onDisk} snapshots are on disk, {recorded} in the records"];
    }

    private static IEnumerable<string> Mounts(ContainerdPlace daemon) => File.ReadLines("/proc/self/mounts").Select(line => line.Split(' ')[1])
        .Where(path => path.StartsWith(Path.Combine(daemon.Root, "tmpmounts"), StringComparison.Ordinal) || path.StartsWith(daemon.Root + "/io.containerd.runtime", StringComparison.Ordinal))
        .Select(path => $"{path} is still mounted");

    private static async Task<IEnumerable<string>> ShimsAsync(ContainerdPlace daemon)
    {
        var shims = Leftovers.CommandLines(daemon.Address).Count(line => line.Contains("containerd-shim", StringComparison.Ordinal));
        if (shims is 0)
        {
            return [];
        }

        var tasks = 0;
        foreach (var containerdNamespace in await daemon.Ctr.NamespacesAsync())
        {
            tasks += (await daemon.Ctr.RunAsync(containerdNamespace, "tasks", "ls", "-q")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
        }

        return shims <= tasks ? [] : [$"{shims} shims run for {tasks} tasks"];
    }
}
