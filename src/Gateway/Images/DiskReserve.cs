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
    /// <summary>Throws <c>insufficient_storage</c> where less than the reserve would be left. A disk that cannot be looked at is not judged.</summary>
    /// <param name="bytes">How much is about to be stored, as far as that is known.</param>
    public async Task RequireAsync(string snapshotter, long bytes, CancellationToken cancel)
    {
        var reserve = options.Value.DiskReserve;
        if (await FreeAsync(snapshotter, cancel) is { } free && free - reserve < bytes)
        {
            throw new ProblemException(ProblemKinds.InsufficientStorage, bytes is 0
                ? $"containerd's disk has {free} bytes left; {reserve} are kept free"
                : $"containerd's disk has {free} bytes left; {bytes} are to be stored, and {reserve} are kept free");
        }
    }

    /// <summary>The same where telling what is missing takes longer than looking at the disk: it is asked for only where <paramref name="most"/> would not fit.</summary>
    public async Task RequireAsync(string snapshotter, long most, Func<Task<long>> missing, CancellationToken cancel)
    {
        if (await FreeAsync(snapshotter, cancel) - options.Value.DiskReserve < most && await missing() is > 0 and var bytes)
        {
            await RequireAsync(snapshotter, bytes, cancel);
        }
    }

    private async Task<long?> FreeAsync(string snapshotter, CancellationToken cancel) =>
        options.Value.DiskReserve is 0 ? null : (await containerd.FoldersAsync(snapshotter, cancel)).Min(FreeBytes);

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
