using Gateway.Containerd;
using Gateway.Containerd.Services.Snapshots;
using WireKind = Gateway.Containerd.Services.Snapshots.Kind;

namespace Gateway.Snapshots;

/// <summary>What a snapshot is.</summary>
internal enum SnapshotKind
{
    /// <summary>Can be written to, and committed.</summary>
    Active,

    /// <summary>Read only, for looking at a committed one.</summary>
    View,

    /// <summary>Does not change any more; others can stand on it.</summary>
    Committed,
}

/// <summary>A snapshot: a file system made of its own changes and those of its parents.</summary>
internal sealed record SnapshotView
{
    /// <summary>Its key; of a committed one the name it was committed under.</summary>
    public required string Key { get; init; }

    /// <summary>What it is.</summary>
    public required SnapshotKind Kind { get; init; }

    /// <summary>The committed snapshot it stands on; absent where it stands on none.</summary>
    public string? Parent { get; init; }

    /// <summary>Its labels; those of containerd are shown but cannot be set.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>When it was last changed.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>Bytes of its own changes; only with `view=tree`, and absent where it went meanwhile.</summary>
    public long? SizeBytes { get; init; }

    /// <summary>Images whose unpacked layers it is one of, by name; only with `view=tree`.</summary>
    public IReadOnlyList<string>? Images { get; init; }

    /// <summary>The snapshots that stand on it, by key; only with `view=tree`.</summary>
    public IReadOnlyList<SnapshotView>? Children { get; init; }

    public static SnapshotView From(Info info) => new()
    {
        Key = info.Name,
        Kind = KindOf(info),
        Parent = info.Parent.Length is 0 ? null : info.Parent,
        Labels = new SortedDictionary<string, string>(info.Labels, StringComparer.Ordinal),
        CreatedAt = info.CreatedAt.OrNull(),
        UpdatedAt = info.UpdatedAt.OrNull(),
    };

    public static SnapshotKind KindOf(Info info) => info.Kind switch
    {
        WireKind.Active => SnapshotKind.Active,
        WireKind.View => SnapshotKind.View,
        _ => SnapshotKind.Committed,
    };
}

/// <summary>A snapshot that was just made, and what keeps it.</summary>
/// <param name="Snapshot">The snapshot.</param>
/// <param name="Mounts">How to mount it; absent for a committed one.</param>
/// <param name="Lease">What keeps it from the garbage collector.</param>
internal sealed record MadeSnapshotView(SnapshotView Snapshot, IReadOnlyList<MountView>? Mounts, SnapshotLeaseView Lease);

/// <summary>The lease that keeps what was made.</summary>
/// <param name="Id">Its id.</param>
/// <param name="ExpiresAt">When it lets go; absent where it never does.</param>
internal sealed record SnapshotLeaseView(string Id, DateTimeOffset? ExpiresAt);
