namespace Gateway.Node;

/// <summary>This node: the gateway, its containerd, and what they can do.</summary>
internal sealed record NodeView
{
    /// <summary>The gateway itself.</summary>
    public required GatewayView Gateway { get; init; }

    /// <summary>The daemon.</summary>
    public required ContainerdView Containerd { get; init; }

    /// <summary>What the daemon can do beyond what every supported version can.</summary>
    public required CapabilitiesView Capabilities { get; init; }

    /// <summary>How far namespaces are walls here.</summary>
    public required TenancyView Tenancy { get; init; }

    /// <summary>Who pulls and pushes images.</summary>
    public required EngineChoice ImageEngine { get; init; }

    /// <summary>Snapshotters that work, by name.</summary>
    public required IReadOnlyList<SnapshotterView> Snapshotters { get; init; }

    /// <summary>Runtimes containers can be run with.</summary>
    public required IReadOnlyList<string> Runtimes { get; init; }

    /// <summary>Every plugin of the daemon with its state.</summary>
    public required IReadOnlyList<PluginView> Plugins { get; init; }

    /// <summary>How reads are answered.</summary>
    public required ReadsView Reads { get; init; }

    /// <summary>What the content store and the snapshotters hold, all namespaces together.</summary>
    public required DiskUseView DiskUse { get; init; }
}

/// <summary>The gateway process.</summary>
/// <param name="Version">Version of the gateway.</param>
/// <param name="Platform">The node's platform: what is pulled where a request names none.</param>
/// <param name="StartedAt">When the process started.</param>
/// <param name="UptimeSeconds">Seconds since then.</param>
internal sealed record GatewayView(string Version, string Platform, DateTimeOffset StartedAt, long UptimeSeconds);

/// <summary>The daemon.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Revision">Its revision; empty where the build does not tell.</param>
/// <param name="Uuid">Its identity, kept in its root folder.</param>
/// <param name="Deprecations">What the daemon warns of in its own configuration or use; known since 1.7.</param>
internal sealed record ContainerdView(string Version, string Revision, string Uuid, IReadOnlyList<string> Deprecations);

/// <summary>Services that only some versions have.</summary>
/// <param name="Transfer">The Transfer service (1.7).</param>
/// <param name="Streaming">The Streaming service (1.7).</param>
/// <param name="Sandboxes">The sandbox services (1.7).</param>
/// <param name="ImageVerifiers">Image verifier plugins (2.0).</param>
internal sealed record CapabilitiesView(bool Transfer, bool Streaming, bool Sandboxes, bool ImageVerifiers);

/// <summary>How far namespaces are walls between those who use this node.</summary>
/// <param name="Mode">`single` or `multi`; in the latter the gateway serves only where content is isolated.</param>
/// <param name="ContentSharing">What was found at the start, <c>unknown</c> in the first second: whether a namespace is given content of another by naming its digest.</param>
/// <param name="ShareableNamespaces">Namespaces whose content is given to any other, for the label `containerd.io/namespace.shareable`; those the caller may read.</param>
internal sealed record TenancyView(TenancyMode Mode, ContentSharing ContentSharing, IReadOnlyList<string> ShareableNamespaces);

/// <summary>How reads are answered.</summary>
/// <param name="FromMemory">Whether what was read before is answered from memory while containerd's metadata database proves it fresh.</param>
/// <param name="Reason">Why not, where it is not: containerd is then asked each time.</param>
internal sealed record ReadsView(bool FromMemory, string? Reason);

/// <summary>A snapshotter.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Default">Whether pulls use it where a request names none.</param>
/// <param name="Capabilities">What it says it can do.</param>
internal sealed record SnapshotterView(string Name, bool Default, IReadOnlyList<string> Capabilities);

/// <summary>A plugin of the daemon.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Id">Its id.</param>
/// <param name="Status">`ok`, `skipped` or `failed`.</param>
internal sealed record PluginView(string Type, string Id, PluginStatus Status);

/// <summary>The state of a plugin.</summary>
internal enum PluginStatus
{
    /// <summary>Loaded.</summary>
    Ok,

    /// <summary>Not loaded because this node or configuration does not call for it.</summary>
    Skipped,

    /// <summary>Failed to load.</summary>
    Failed,
}

/// <summary>Bytes on disk.</summary>
/// <param name="ContentBytes">Blobs of the content store, each digest once.</param>
/// <param name="SnapshotBytes">By snapshotter: its committed snapshots.</param>
/// <param name="MeasuredAt">When this was added up; a figure may be up to a minute old.</param>
internal sealed record DiskUseView(long ContentBytes, IReadOnlyDictionary<string, long> SnapshotBytes, DateTimeOffset MeasuredAt);
