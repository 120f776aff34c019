namespace Gateway.TestKit;

/// <summary>What must hold of a daemon as a whole when no work goes on in it at all.</summary>
internal static class DaemonInvariants
{
    public static async Task<IReadOnlyList<string>> ViolationsAsync(ContainerdPlace daemon, string snapshotter) =>
        [.. await BackendAsync(daemon, snapshotter), .. MountsBelow(Path.Combine(daemon.Root, "tmpmounts")).Select(path => $"{path} is still mounted"), .. await OfTasksAsync(daemon)];

    // A snapshot's folder outlives its record when a daemon is killed between the two.
    private static async Task<IEnumerable<string>> BackendAsync(ContainerdPlace daemon, string snapshotter)
    {
        var folder = new DirectoryInfo(Path.Combine(daemon.Root, $"io.containerd.snapshotter.v1.{snapshotter}", "snapshots"));
        var onDisk = folder.Exists ? folder.EnumerateDirectories().Count() : 0;
        var recorded = 0;
        foreach (var containerdNamespace in await daemon.RecordsOf("default").NamespacesAsync())
        {
            recorded += (await daemon.RecordsOf(containerdNamespace).SnapshotsAsync(snapshotter)).Length;
        }

        return onDisk == recorded ? [] : [$"{onDisk} snapshots are on disk, {recorded} in the records"];
    }

    // What a task has one of: where there are more, a task that is gone has left it.
    private static async Task<IEnumerable<string>> OfTasksAsync(ContainerdPlace daemon)
    {
        var bundles = Path.Combine(daemon.State, "io.containerd.runtime.v2.task");
        (string What, int Count)[] all =
        [
            ("shims", Leftovers.CommandLines(daemon.Address).Count(line => line.Contains("containerd-shim", StringComparison.Ordinal))),
            ("bundles", FoldersIn(bundles).Sum(containerdNamespace => FoldersIn(containerdNamespace).Length)),
            ("mounts of root file systems", MountsBelow(bundles).Count()),
            ("folders of FIFOs", FoldersIn(Path.Combine(daemon.State, "fifo")).Length),
        ];
        if (all.All(each => each.Count is 0))
        {
            return [];
        }

        var tasks = 0;
        foreach (var containerdNamespace in await daemon.Ctr.NamespacesAsync())
        {
            tasks += (await daemon.Ctr.RunAsync(containerdNamespace, "tasks", "ls", "-q")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
        }

        return all.Where(each => each.Count > tasks).Select(each => $"{each.Count} {each.What} are there for {tasks} tasks");
    }

    private static IEnumerable<string> MountsBelow(string folder) =>
        File.ReadLines("/proc/self/mounts").Select(line => line.Split(' ')[1]).Where(path => path.StartsWith(folder + "/", StringComparison.Ordinal));

    private static string[] FoldersIn(string folder) => Directory.Exists(folder) ? Directory.GetDirectories(folder) : [];
}
