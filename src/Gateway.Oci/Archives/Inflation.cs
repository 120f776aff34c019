using System.IO.Pipelines;

namespace Gateway.Oci.Archives;

/// <summary>
/// What the compressed blobs of one archive become. Each is decompressed while it is read: containerd's unpacking has no bound, so a bomb must not come
/// that far. Blobs count together, or many small ones could do what one may not.
/// </summary>
internal sealed class Inflation
{
    private long compressed;
    private long inflated;

    /// <summary>Follows a blob that begins so; null where it is not compressed.</summary>
    public Blob? Follow(string name, BlobCompression compression) => compression is BlobCompression.None ? null : new Blob(this, name, compression);

    private void Add(int count, string name)
    {
        inflated += count;
        if (inflated > Decompression.MostOf(Volatile.Read(ref compressed)))
        {
            throw ArchiveFault.TooLarge($"with '{ArchiveFault.Show(name)}' its blobs decompress to more than {Decompression.MaxRatio} times their size");
        }
    }

    /// <summary>One blob. Blobs come one after the other.</summary>
    internal sealed class Blob
    {
        private const int BufferBytes = 128 * 1024;

        // Of what is read ahead of the decompressing: more than the largest part that comes at once.
        private static readonly PipeOptions Ahead = new(pauseWriterThreshold: 2 * 1024 * 1024, resumeWriterThreshold: 1024 * 1024, useSynchronizationContext: false);

        private readonly Pipe pipe = new(Ahead);
        private readonly Inflation all;
        private readonly Task counted;

        public Blob(Inflation all, string name, BlobCompression compression)
        {
            this.all = all;
            counted = Task.Run(() => CountAsync(name, compression));
        }

        /// <summary>Throws <see cref="OciFault.ArchiveTooLarge"/> as soon as it is too much.</summary>
        public async Task AddAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
        {
            Interlocked.Add(ref all.compressed, bytes.Length);
            if ((await pipe.Writer.WriteAsync(bytes, cancel)).IsCompleted)
            {
                await counted;
            }
        }

        /// <summary>After the last byte.</summary>
        public async Task EndAsync()
        {
            await pipe.Writer.CompleteAsync();
            await counted;
        }

        /// <summary>Nothing goes on after it, whatever became of the blob.</summary>
        public async Task AbandonAsync()
        {
            await pipe.Writer.CompleteAsync(new OperationCanceledException());
            await counted.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        private async Task CountAsync(string name, BlobCompression compression)
        {
            await using var source = pipe.Reader.AsStream(); // whose end tells the writer
            await using var plain = Decompression.Open(source, compression);
            var buffer = new byte[BufferBytes];
            try
            {
                for (var read = await plain.ReadAsync(buffer); read > 0; read = await plain.ReadAsync(buffer))
                {
                    all.Add(read, name);
                }
            }
            catch (Exception window) when (Decompression.IsWindowTooLarge(window))
            {
                throw ArchiveFault.TooLarge($"'{ArchiveFault.Show(name)}' asks for too large a window");
            }
            catch (Exception broken) when (Decompression.IsBroken(broken))
            {
                // It need not be a layer, and none that is unpacked becomes more than was counted here.
            }
        }
    }
}
