using System.Buffers;
using Gateway.Containerd;
using Gateway.Jobs;
using Gateway.Oci;
using Gateway.Oci.Registry;

namespace Gateway.Images.Pull;

/// <summary>
/// Brings one blob from the registry into the content store. The digest is checked twice: by the registry stream while the bytes pass, and
/// by the daemon at the commit, which also covers bytes an earlier attempt left.
/// </summary>
internal sealed class LayerFetcher(PullGates gates)
{
    // A message to the daemon is sent when this much is at hand: fewer would cost a call each, more would hold bytes back from the disk.
    private const int SmallestWriteBytes = 256 * 1024;

    private static readonly IReadOnlyDictionary<string, string> NoLabels = new Dictionary<string, string>(StringComparer.Ordinal);

    public async Task FetchAsync(BlobStore store, Repository repository, Descriptor layer, Func<Turns.Place> join, ProgressItem item, CancellationToken cancel)
    {
        using var blob = await gates.BlobAsync(store.Client.Namespace, layer.Digest, cancel);
        if (await store.FindAsync(layer, cancel) is { } here)
        {
            await store.LabelAsync(here, NoLabels, cancel);
            item.Reached(layer.Size);
            item.State = ItemState.Exists;
            return;
        }

        using var slot = await gates.DownloadSlotAsync(cancel);
        item.State = ItemState.Downloading;
        try
        {
            await DownloadAsync(store, repository, layer, join, item, cancel);
        }
        catch (OciException wrong) when (wrong.Fault is OciFault.DigestMismatch)
        {
            // What an earlier attempt left may be bad, or the path was: once more from zero, then it is the registry's fault.
            await store.Client.AbortIngestAsync(BlobStore.IngestRef(layer), cancel);
            await DownloadAsync(store, repository, layer, join, item, cancel);
        }

        item.Reached(layer.Size);
        item.State = ItemState.Downloaded;
    }

    private static async Task DownloadAsync(BlobStore store, Repository repository, Descriptor layer, Func<Turns.Place> join, ProgressItem item, CancellationToken cancel)
    {
        await using var writer = await store.OpenAsync(layer, cancel);
        if (writer is null)
        {
            return;
        }

        item.Resume(writer.Offset);
        if (writer.Offset < layer.Size)
        {
            await using var source = await repository.OpenBlobAsync(layer, writer.Offset, cancel);
            await CopyAsync(source, writer, join, item, cancel);
        }

        await store.CommitAsync(writer, layer, NoLabels, cancel);
    }

    // Two buffers: one is filled from the registry while the other goes to the daemon.
    private static async Task CopyAsync(Stream source, BlobWriter writer, Func<Turns.Place> join, ProgressItem item, CancellationToken cancel)
    {
        var (filling, sending) = (ArrayPool<byte>.Shared.Rent(BlobWriter.ChunkBytes), ArrayPool<byte>.Shared.Rent(BlobWriter.ChunkBytes));
        var write = Task.CompletedTask;
        using var place = join();
        try
        {
            while (true)
            {
                var read = await source.ReadAtLeastAsync(filling.AsMemory(0, BlobWriter.ChunkBytes), SmallestWriteBytes, throwOnEndOfStream: false, cancel);
                await write;
                item.Reached(writer.Stored);
                if (read is 0)
                {
                    return;
                }

                (filling, sending) = (sending, filling);
                var chunk = sending.AsMemory(0, read);
                write = place.RunAsync(() => writer.WriteAsync(chunk, cancel));
            }
        }
        finally
        {
            // The buffers go back only when nothing reads them any more.
            await write.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ArrayPool<byte>.Shared.Return(filling);
            ArrayPool<byte>.Shared.Return(sending);
        }
    }
}
