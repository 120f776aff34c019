namespace Gateway.Containerd;

/// <summary>How long a call may take, by class. containerd sets no deadlines of its own.</summary>
internal static class CallDeadlines
{
    /// <summary>Calls that only read metadata.</summary>
    private static readonly TimeSpan Read = TimeSpan.FromSeconds(10);

    /// <summary>Calls that write metadata: each is a synced BoltDB transaction, and they queue behind each other on a slow disk.</summary>
    private static readonly TimeSpan Write = TimeSpan.FromSeconds(60);

    /// <summary>Deletes that may wait for a full garbage collection.</summary>
    private static readonly TimeSpan Collect = TimeSpan.FromMinutes(10);

    /// <summary>The limit for a method, or null for streams and for work whose length follows the content.</summary>
    public static TimeSpan? For(string serviceName, string methodName) => (Last(serviceName), methodName) switch
    {
        ("Content", "Read" or "Write" or "List") or ("Diff" or "Events" or "Transfer" or "Streaming", _) or ("Snapshots", "List") or ("Containers", "ListStream") => null,
        ("Images" or "Leases", "Delete") or ("Snapshots", "Remove" or "Usage" or "Cleanup") => Collect,
        (_, "Get" or "List" or "Info" or "Stat" or "Status" or "ListStatuses" or "ListResources" or "Version" or "Plugins" or "Server" or "Check" or "Mounts") => Read,
        _ => Write,
    };

    // containerd.services.images.v1.Images -> Images
    private static string Last(string serviceName) => serviceName[(serviceName.LastIndexOf('.') + 1)..];
}
