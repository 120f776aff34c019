namespace Gateway.Containerd;

/// <summary>Label names containerd gives a meaning to.</summary>
public static class LabelNames
{
    /// <summary>Prefix of an edge from one blob to another; any suffix after a dot counts.</summary>
    public const string GcRefContent = "containerd.io/gc.ref.content";

    /// <summary>Prefix of an edge from a blob to a snapshot; the snapshotter's name follows.</summary>
    public const string GcRefSnapshotPrefix = "containerd.io/gc.ref.snapshot.";

    /// <summary>Keeps a blob or snapshot from the garbage collector, whatever its value.</summary>
    public const string GcRoot = "containerd.io/gc.root";

    /// <summary>On a lease: it keeps only what it lists, not what that leads to.</summary>
    public const string GcFlat = "containerd.io/gc.flat";

    /// <summary>On an image record: Kubernetes' runtime cannot do without it while the value is <c>pinned</c>.</summary>
    public const string CriPinned = "io.cri-containerd.pinned";

    /// <summary>When a lease ends, RFC 3339. An unreadable value never expires.</summary>
    public const string GcExpire = "containerd.io/gc.expire";

    /// <summary>The diff id of a compressed layer, set after an apply has proven it.</summary>
    public const string Uncompressed = "containerd.io/uncompressed";

    /// <summary>Prefix of where a blob came from: the registry's host follows, the value lists repositories. Source of cross-repository mounts.</summary>
    public const string DistributionSourcePrefix = "containerd.io/distribution.source.";

    /// <summary>The name an extracting snapshot will be committed under; Prepare then answers ALREADY_EXISTS where that name is taken.</summary>
    public const string SnapshotRef = "containerd.io/snapshot.ref";

    /// <summary>Prefix of annotations and labels that are handed to the snapshotter.</summary>
    public const string SnapshotInheritedPrefix = "containerd.io/snapshot/";

    /// <summary>Prefixes no caller, body, image or archive may set: on containerd some of these run programs as root.</summary>
    public static IReadOnlyList<string> ReservedPrefixes { get; } = ["containerd.io/", "io.cri-containerd"];

    /// <summary>Whether a label is one of those.</summary>
    public static bool IsReserved(string key) => ReservedPrefixes.Any(prefix => key.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>Longest label, key and value together, in bytes (containerd's labels.Validate).</summary>
    public const int MaxLabelBytes = 4096;
}
