using System.Buffers;
using Gateway.Containerd;

namespace Gateway.Images;

/// <summary>Copies a stream into an ingest through two buffers: one is filled while the other goes to the daemon.</summary>
internal static class BlobCopy
{
    // A message to the daemon is sent when this much is at hand: fewer would cost a call each, more would hold bytes back from the disk.
    private const int SmallestWriteBytes = 256 * 1024;

    /// <param name="send">Runs a write when it is its turn.</param>
    /// <param name="told">Called between writes.</param>
    public static async Task RunAsync(Stream source, BlobWriter writer, Func<Func<Task>, Task> send, Action told, CancellationToken cancel)
    {
        var (filling, sending) = (ArrayPool<byte>.Shared.Rent(BlobWriter.ChunkBytes), ArrayPool<byte>.Shared.Rent(BlobWriter.ChunkBytes));
        var write = Task.CompletedTask;
        try
        {
            while (true)
            {
                var read = await source.ReadAtLeastAsync(filling.AsMemory(0, BlobWriter.ChunkBytes), SmallestWriteBytes, throwOnEndOfStream: false, cancel);
                await write;
                told();
                if (read is 0)
                {
                    return;
                }

                (filling, sending) = (sending, filling);
                var chunk = sending.AsMemory(0, read);
                write = send(() => writer.WriteAsync(chunk, cancel));
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
