using System.Buffers;
using Gateway.Containerd;
using Gateway.Http;
using Gateway.Oci;

namespace Gateway.Content;

/// <summary>Reads the body of an upload through two buffers: one is filled while the other is on its way to the daemon.</summary>
internal static class UploadBody
{
    // Fewer bytes would cost a message each, more would hold them back from the disk.
    private const int SmallestWriteBytes = 256 * 1024;

    /// <summary>Hands the whole body on, and then tells its length if it is the digest's; throws <c>digest_mismatch</c> where it is not.</summary>
    public static async Task<long> ReceiveAsync(HttpRequest request, Digest digest, long mostBytes, Func<ReadOnlyMemory<byte>, Task> take, CancellationToken cancel)
    {
        using var hash = digest.CreateHash();
        var size = await ReadAsync(request.Body, mostBytes, _ => TooLarge(mostBytes), Take, cancel);
        return digest.Matches(hash.GetHashAndReset()) ? size : throw Mismatch(digest);

        Task Take(ReadOnlyMemory<byte> chunk)
        {
            var taking = take(chunk);
            hash.AppendData(chunk.Span);
            return taking;
        }
    }

    /// <summary>Hands the body on and tells its length.</summary>
    /// <param name="mostBytes">What a longer body ends with is told by <paramref name="tooLong"/>, given the bytes there are so far.</param>
    public static async Task<long> ReadAsync(
        Stream body, long mostBytes, Func<long, ProblemException> tooLong, Func<ReadOnlyMemory<byte>, Task> take, CancellationToken cancel)
    {
        var (filling, taken) = (ArrayPool<byte>.Shared.Rent(BlobWriter.ChunkBytes), ArrayPool<byte>.Shared.Rent(BlobWriter.ChunkBytes));
        var (total, taking) = (0L, Task.CompletedTask);
        try
        {
            while (true)
            {
                var read = await body.ReadAtLeastAsync(filling.AsMemory(0, BlobWriter.ChunkBytes), SmallestWriteBytes, throwOnEndOfStream: false, cancel);
                await taking;
                if (read is 0)
                {
                    return total;
                }

                total += read;
                if (total > mostBytes)
                {
                    throw tooLong(total);
                }

                (filling, taken) = (taken, filling);
                taking = take(taken.AsMemory(0, read));
            }
        }
        finally
        {
            // The buffers go back only when nothing reads them any more.
            await taking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ArrayPool<byte>.Shared.Return(filling);
            ArrayPool<byte>.Shared.Return(taken);
        }
    }

    public static ProblemException TooLarge(long mostBytes) => new(ProblemKinds.PayloadTooLarge, $"content is limited to {mostBytes} bytes (Content:MaxUploadBytes)");

    public static ProblemException Mismatch(Digest digest, Exception? inner = null) =>
        new(ProblemKinds.DigestMismatch, $"the bytes are not those of {digest}; nothing of them is kept", inner) { Status = StatusCodes.Status422UnprocessableEntity };
}
