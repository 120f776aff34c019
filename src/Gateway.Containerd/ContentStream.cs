using Gateway.Containerd.Services.Content;
using Gateway.Containerd.Wire;
using Grpc.Core;

namespace Gateway.Containerd;

/// <summary>A blob's bytes as a stream, a message of the daemon at a time. Dispose it to end the call.</summary>
public sealed class ContentStream : Stream
{
    private readonly AsyncServerStreamingCall<ContentChunk> call;
    private ContentChunk? chunk;
    private ReadOnlyMemory<byte> atHand;
    private long position;

    private ContentStream(AsyncServerStreamingCall<ContentChunk> call, long length) => (this.call, Length) = (call, length);

    /// <inheritdoc />
    public override bool CanRead => true;

    /// <inheritdoc />
    public override bool CanSeek => false;

    /// <inheritdoc />
    public override bool CanWrite => false;

    /// <summary>Bytes asked for.</summary>
    public override long Length { get; }

    /// <summary>Bytes read.</summary>
    public override long Position
    {
        get => position;
        set => throw new NotSupportedException();
    }

    /// <summary>Opens a blob at an offset, for so many bytes, more than 0. That it is not here shows at the first read.</summary>
    public static ContentStream Open(NamespacedClient containerd, string digest, long offset, long length) =>
        new(containerd.OpenRead(new ReadContentRequest { Digest = digest, Offset = offset, Size = length }, CancellationToken.None), length);

    /// <inheritdoc />
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (atHand.IsEmpty)
        {
            if (!await NextAsync(cancellationToken))
            {
                return 0;
            }

            chunk?.Dispose();
            chunk = call.ResponseStream.Current;
            atHand = chunk.Data;
        }

        var count = Math.Min(buffer.Length, atHand.Length);
        atHand[..count].CopyTo(buffer);
        atHand = atHand[count..];
        position += count;
        return count;
    }

    /// <inheritdoc />
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Not supported: the bytes come from the daemon.</summary>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("read asynchronously");

    /// <inheritdoc />
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc />
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc />
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc />
    public override void Flush()
    {
    }

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            call.Dispose();
            atHand = default;
            chunk?.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task<bool> NextAsync(CancellationToken cancel)
    {
        try
        {
            return await call.ResponseStream.MoveNext(cancel);
        }
        catch (RpcException canceled) when (canceled.StatusCode is StatusCode.Cancelled && cancel.IsCancellationRequested)
        {
            throw new OperationCanceledException(canceled.Message, canceled, cancel);
        }
    }
}
