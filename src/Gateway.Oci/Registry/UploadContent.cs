using System.Buffers;
using System.Net;
using System.Net.Http.Headers;

namespace Gateway.Oci.Registry;

/// <summary>Opens a blob's bytes from an offset, so many of them. Called again for each try.</summary>
public delegate Task<Stream> BlobSource(long offset, long length, CancellationToken cancel);

/// <summary>A part of a blob as the body of a request: read from its source while it is sent, never held.</summary>
internal sealed class UploadContent : HttpContent
{
    /// <summary>A body above this asks before it is sent: 1 MiB, in bytes.</summary>
    private const long LargeBytes = 1024 * 1024;

    private const int BufferBytes = 256 * 1024;

    private readonly BlobSource source;
    private readonly long offset;
    private readonly long length;
    private readonly Action<long> sent;
    private readonly RegistryOptions options;
    private Action<TimeSpan> limit = _ => { };

    /// <param name="sent">Told the position in the blob after each piece.</param>
    /// <param name="options">Where the bounds on silence stand.</param>
    public UploadContent(BlobSource source, long offset, long length, Action<long> sent, RegistryOptions options)
    {
        (this.source, this.offset, this.length, this.sent, this.options) = (source, offset, length, sent, options);
        Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        Headers.ContentLength = length;
    }

    public bool IsLarge => length > LargeBytes;

    /// <summary>Hands over the clock of the request: it runs while the registry is waited for, and rests while the source is.</summary>
    public void WatchWith(Action<TimeSpan> limitNext) => limit = limitNext;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            limit(Timeout.InfiniteTimeSpan);
            await using var bytes = await source(offset, length, cancellationToken);
            for (long done = 0; done < length;)
            {
                var read = await bytes.ReadAsync(buffer.AsMemory(0, (int)Math.Min(BufferBytes, length - done)), cancellationToken);
                limit(options.IdleTimeout);
                await stream.WriteAsync(buffer.AsMemory(0, read > 0 ? read : throw new EndOfStreamException("the source of an upload ends early")), cancellationToken);
                limit(Timeout.InfiniteTimeSpan);
                done += read;
                RegistryTelemetry.BytesSent.Add(read);
                sent(offset + done);
            }

            limit(options.CommitTimeout);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = this.length;
        return true;
    }
}
