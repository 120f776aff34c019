using Gateway.Auth;
using Gateway.Containerd.Types;

namespace Gateway.Snapshots;

/// <summary>One mount of a snapshot.</summary>
/// <param name="Type">Type of the file system, or `bind`.</param>
/// <param name="Source">What is mounted; a path of the host only for callers with `node:read`.</param>
/// <param name="Options">Options; those that name paths of the host only for callers with `node:read`.</param>
internal sealed record MountView(string Type, string? Source, IReadOnlyList<string> Options)
{
    /// <summary>The mounts as the caller may see them: to whom the node is closed, its paths are.</summary>
    public static IReadOnlyList<MountView> From(IEnumerable<Mount> mounts, Caller caller)
    {
        var showsPaths = caller.May(Permission.NodeRead, null);
        return mounts.Select(mount => new MountView(
            mount.Type,
            showsPaths || !HoldsPath(mount.Source) ? mount.Source : null,
            mount.Options.Where(option => showsPaths || !HoldsPath(option)).ToArray())).ToArray();
    }

    private static bool HoldsPath(string text) => text.Contains('/', StringComparison.Ordinal);
}
