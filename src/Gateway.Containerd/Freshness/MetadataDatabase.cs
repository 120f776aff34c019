namespace Gateway.Containerd.Freshness;

/// <summary>The metadata database of one run of a daemon, proven to be its own.</summary>
/// <remarks>
/// A path alone proves nothing: with the socket mounted into a container, the same path may be another daemon's. bbolt locks its file for as
/// long as it is open, and the kernel tells who holds a lock on which inode: it must be the process at the other end of the connections.
/// From then on the lock shows that the daemon lives, because the kernel drops it with the process.
/// </remarks>
internal sealed class MetadataDatabase : IDisposable
{
    private readonly LockedFile file;

    private MetadataDatabase(LockedFile file, int peersVersion) => (this.file, PeersVersion) = (file, peersVersion);

    /// <summary>The connections it was proven for.</summary>
    public int PeersVersion { get; }

    /// <summary>The database, or the reason why it cannot be used.</summary>
    public static (MetadataDatabase? Database, string? Reason) Open(string? path, DaemonPeers peers)
    {
        var version = peers.Version;
        if (peers.Pid is not { } pid)
        {
            return (null, "the daemon's process cannot be told: it is in another PID namespace, or not connected yet");
        }

        if (path is null || LockedFile.Open(path) is not { } file)
        {
            return (null, "containerd's metadata database cannot be opened: it is not on this file system, or the gateway may not read it");
        }

        if (file.IsHeldBy(pid) && BoltPages.LastTransaction(file.Handle) is not null && peers.Version == version)
        {
            return (new MetadataDatabase(file, version), null);
        }

        file.Dispose();
        return (null, "the metadata database found is not proven to be this daemon's");
    }

    /// <summary>The last transaction; null once the daemon has ended.</summary>
    public ulong? LastTransaction() => file.IsHeld ? BoltPages.LastTransaction(file.Handle) : null;

    public void Dispose() => file.Dispose();
}
