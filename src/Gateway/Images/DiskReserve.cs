using Gateway.Containerd;
using Gateway.Http;
using Microsoft.Extensions.Options;

namespace Gateway.Images;

/// <summary>
/// Free space that pulls and imports leave on containerd's disks: what would go below it is refused before it begins. The daemon's own writes, and
/// those of its containers, need the rest.
/// </summary>
internal sealed class DiskReserve(ContainerdClient containerd, DaemonPeers peers, IOptions<ContainerdOptions> options)
{
    /// <summary>Where content and the snapshotter's files go. What the daemon tells of that is asked once, the disks as often as the room is.</summary>
    public async Task<DiskRoom> RoomAsync(string snapshotter, CancellationToken cancel)
    {
        var reserve = options.Value.DiskReserve;
        return new DiskRoom(reserve is 0 ? [] : await containerd.FoldersAsync(snapshotter, cancel), reserve, peers);
    }
}

/// <summary>What there is room for on the disks of some of containerd's folders.</summary>
internal sealed class DiskRoom(IReadOnlyList<string> folders, long reserve, DaemonPeers peers)
{
    /// <summary>Throws <c>insufficient_storage</c> where less than the reserve would be left. A disk that cannot be looked at is not judged.</summary>
    /// <param name="bytes">How much is about to be stored, as far as that is known.</param>
    public void Require(long bytes)
    {
        if (Free() is { } free && free - reserve < bytes)
        {
            throw new ProblemException(ProblemKinds.InsufficientStorage, bytes is 0
                ? $"containerd's disk has {free} bytes left; {reserve} are kept free"
                : $"containerd's disk has {free} bytes left; {bytes} are to be stored, and {reserve} are kept free");
        }
    }

    /// <summary>The same where telling what is missing takes longer than looking at the disk: it is asked for only where <paramref name="most"/> would not fit.</summary>
    public async Task RequireAsync(long most, Func<Task<long>> missing)
    {
        if (Free() - reserve < most && await missing() is > 0 and var bytes)
        {
            Require(bytes);
        }
    }

    private long? Free() => folders.Min(FreeBytes);

    // Seen from the daemon's own root: with the socket mounted into a container, the same path may be another disk here.
    private long? FreeBytes(string folder)
    {
        try
        {
            return peers.Pid is { } pid ? new DriveInfo($"/proc/{pid}/root{folder}").AvailableFreeSpace : null;
        }
        catch (Exception unseen) when (unseen is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
