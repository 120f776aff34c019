using Gateway.Containerd.Types;
using Gateway.Http;

namespace Gateway.Snapshots.Trees;

/// <summary>The folders a snapshot's mounts lay over one another, the top one first.</summary>
/// <param name="Paths">Paths on the host; none for the empty tree.</param>
/// <param name="IsOverlay">Whether whiteouts and opaque folders hide what is below.</param>
/// <param name="AttributePrefix">Where overlayfs keeps its marks: <c>trusted.overlay.</c>, or <c>user.overlay.</c> in user namespaces.</param>
internal sealed record TreeLayers(IReadOnlyList<string> Paths, bool IsOverlay, string AttributePrefix)
{
    private const string Trusted = "trusted.overlay.";

    public static TreeLayers None { get; } = new([], IsOverlay: false, Trusted);

    /// <summary>How many layers lie on top of another tree's; all where the other's are not the lowest of these.</summary>
    public int CountAbove(TreeLayers other)
    {
        var above = Paths.Count - other.Paths.Count;
        return above >= 0 && Paths.Skip(above).SequenceEqual(other.Paths, StringComparer.Ordinal) ? above : Paths.Count;
    }

    public static TreeLayers From(IReadOnlyList<Mount> mounts) => mounts switch
    {
        [] => None,
        [{ Type: "bind" } bind] => new([bind.Source], IsOverlay: false, Trusted),
        [{ Type: "overlay" } overlay] => FromOverlay(overlay),
        _ => throw NotReadable($"it mounts {string.Join(", ", mounts.Select(mount => mount.Type).Distinct(StringComparer.Ordinal))}, not folders"),
    };

    public static ProblemException NotReadable(string reason) => new(ProblemKinds.SnapshotNotReadable, $"the gateway cannot read this snapshotter's files: {reason}");

    private static TreeLayers FromOverlay(Mount overlay)
    {
        var upper = overlay.Options.Where(option => option.StartsWith("upperdir=", StringComparison.Ordinal)).Select(option => Unescaped(option["upperdir=".Length..]));
        var lower = overlay.Options.Where(option => option.StartsWith("lowerdir=", StringComparison.Ordinal)).SelectMany(option => Lower(option["lowerdir=".Length..]));
        var isUser = overlay.Options.Contains("userxattr", StringComparer.Ordinal);
        return isUser || MayReadTrusted() ? new([.. upper, .. lower], IsOverlay: true, isUser ? "user.overlay." : Trusted)
            : throw NotReadable("without CAP_SYS_ADMIN the marks of overlayfs cannot be seen");
    }

    // overlayfs parts paths by colons, and takes a backslash before one that is part of a name.
    private static IEnumerable<string> Lower(string paths)
    {
        var start = 0;
        for (var i = 0; i <= paths.Length; i++)
        {
            if (i == paths.Length || paths[i] is ':')
            {
                yield return Unescaped(paths[start..i]);
                start = i + 1;
            }
            else if (paths[i] is '\\')
            {
                i++;
            }
        }
    }

    private static string Unescaped(string path)
    {
        var plain = new System.Text.StringBuilder(path.Length);
        for (var i = 0; i < path.Length; i++)
        {
            i += path[i] is '\\' && i + 1 < path.Length ? 1 : 0;
            plain.Append(path[i]);
        }

        return plain.ToString();
    }

    // CapEff: bit 21 is CAP_SYS_ADMIN.
    private static bool MayReadTrusted() => File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith("CapEff:", StringComparison.Ordinal)) is { } line
        && ulong.TryParse(line["CapEff:".Length..].Trim(), System.Globalization.NumberStyles.HexNumber, null, out var capabilities) && (capabilities & (1UL << 21)) is not 0;
}
