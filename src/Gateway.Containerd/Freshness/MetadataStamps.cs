using Grpc.Core;

namespace Gateway.Containerd.Freshness;

/// <summary>Gives stamps, where they can be had, and finds the metadata database anew when the daemon or a connection changes.</summary>
public sealed class MetadataStamps(ContainerdClient containerd, DaemonPeers peers, bool enabled, TimeProvider time) : IDisposable
{
    private const string MetadataType = "io.containerd.metadata.v1";

    // Between two searches in vain. A search asks the daemon once and reads some files of /proc.
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim searching = new(1, 1);
    private volatile MetadataDatabase? current;
    private long lastSearch;

    /// <summary>Why there are no stamps; null while there are.</summary>
    public string? Reason { get; private set; } = enabled ? "nothing has been read yet" : "it is switched off by Containerd:ReadFromMemory";

    /// <summary>The stamp of now, to be taken before anything is read; null where nothing can be proven.</summary>
    public ValueTask<MetadataStamp?> NowAsync(CancellationToken cancel) =>
        StampOf(current) is { } stamp ? ValueTask.FromResult<MetadataStamp?>(stamp)
        : enabled ? SearchAsync(cancel)
        : ValueTask.FromResult<MetadataStamp?>(null);

    /// <inheritdoc />
    public void Dispose()
    {
        current?.Dispose();
        searching.Dispose();
    }

    private MetadataStamp? StampOf(MetadataDatabase? database) =>
        database is not null && database.PeersVersion == peers.Version && database.LastTransaction() is { } transaction
            ? new MetadataStamp(database, transaction)
            : null;

    // Who finds another searching goes on without a stamp: it would only wait.
    private async ValueTask<MetadataStamp?> SearchAsync(CancellationToken cancel)
    {
        if (!await searching.WaitAsync(TimeSpan.Zero, cancel))
        {
            return null;
        }

        try
        {
            if (lastSearch is not 0 && current is null && time.GetElapsedTime(lastSearch) < RetryAfter)
            {
                return null;
            }

            lastSearch = time.GetTimestamp();
            var path = await PathAsync(cancel);
            // The one before is left to its finalizer: another request may just be reading it.
            (current, Reason) = MetadataDatabase.Open(path, peers);
            return StampOf(current);
        }
        catch (RpcException)
        {
            // What is read next will meet the same failure, and tell it.
            return null;
        }
        finally
        {
            searching.Release();
        }
    }

    private async Task<string?> PathAsync(CancellationToken cancel) =>
        (await containerd.PluginsAsync(cancel)).FirstOrDefault(plugin => plugin.Type is MetadataType)?.Exports.TryGetValue("path", out var path) is true ? path : null;
}
