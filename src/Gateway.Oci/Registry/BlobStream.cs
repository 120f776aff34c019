using System.Buffers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Gateway.Oci.Registry;

/// <summary>
/// A blob from an offset to its end. Connects again where the connection ends too soon, gives exactly the promised number of bytes, and
/// throws at the end, before it returns 0, when they are not the promised ones.
/// </summary>
/// <remarks>The digest is checked of a blob read from its first byte only; a caller that resumes has hashed the bytes before, or lets containerd do it at commit.</remarks>
internal sealed class BlobStream : Stream
{
    /// <summary>Opens the body at an offset, all bytes before it already thrown away; throws <see cref="OciException"/>, or a <see cref="RegistryFault"/> to be tried again.</summary>
    internal delegate Task<ResponseBody> Opener(long offset, CancellationToken cancel);

    private const int MaxReconnectsWithoutProgress = 3;

    /// <summary>What counts as progress. Less would let a connection that dies after each packet go on for ever.</summary>
    private const long ProgressBytes = 1024 * 1024;

    private readonly Descriptor blob;
    private readonly string what;
    private readonly Opener open;
    private readonly RetryRule retry;
    private readonly TimeProvider time;
    private readonly IncrementalHash? hash;
    private ResponseBody? body;
    private long position;
    private long progressMark;
    private int reconnects;
    private bool verified;

    public BlobStream(Descriptor blob, long offset, string what, ResponseBody? first, Opener open, RetryRule retry, TimeProvider time)
    {
        (this.blob, this.what, this.open, this.retry, this.time) = (blob, what, open, retry, time);
        (position, progressMark, body) = (offset, offset, first);
        hash = offset is 0 ? blob.Digest.CreateHash() : null;
    }

    /// <inheritdoc />
    public override bool CanRead => true;

    /// <inheritdoc />
    public override bool CanSeek => false;

    /// <inheritdoc />
    public override bool CanWrite => false;

    /// <inheritdoc />
    public override long Length => blob.Size;

    /// <inheritdoc />
    public override long Position
    {
        get => position;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc />
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        while (position < blob.Size)
        {
            try
            {
                body ??= await open(position, cancellationToken);
                var read = await body.ReadAsync(buffer[..(int)Math.Min(buffer.Length, blob.Size - position)], cancellationToken);
                Take(buffer.Span[..read]);
                return read;
            }
            catch (RegistryFault fault)
            {
                await ReconnectLaterAsync(fault, cancellationToken);
            }
        }

        await VerifyAsync(cancellationToken);
        return 0;
    }

    /// <inheritdoc />
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Not supported: the bytes come from the network.</summary>
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

    /// <summary>Reads and drops bytes: a registry that ignores <c>Range</c> begins at the beginning.</summary>
    public static async Task SkipAsync(ResponseBody body, long count, CancellationToken cancel)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            while (count > 0)
            {
                var read = await body.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, count)), cancel);
                count -= read > 0 ? read : throw EndedEarly();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            body?.Dispose();
            hash?.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            throw EndedEarly();
        }

        hash?.AppendData(bytes);
        position += bytes.Length;
        if (position - progressMark >= ProgressBytes)
        {
            (progressMark, reconnects) = (position, 0);
        }
    }

    private async Task ReconnectLaterAsync(RegistryFault fault, CancellationToken cancel)
    {
        body?.Dispose();
        body = null;
        if (!fault.Transient || reconnects >= MaxReconnectsWithoutProgress)
        {
            throw Failed(fault.Fault, fault.Message, fault);
        }

        await Task.Delay(retry.WaitAfter(fault, reconnects++), time, cancel);
    }

    private async Task VerifyAsync(CancellationToken cancel)
    {
        if (!verified && body is not null && await HasMoreAsync(body, cancel))
        {
            throw Failed(OciFault.DigestMismatch, $"more bytes came than the {blob.Size} promised");
        }

        if (!verified && hash is not null && !blob.Digest.Matches(hash.GetCurrentHash()))
        {
            throw Failed(OciFault.DigestMismatch, "the bytes are not those of the digest");
        }

        verified = true;
    }

    // Only an answer without a length can still hold something here. A connection that breaks now has lost nothing.
    private static async Task<bool> HasMoreAsync(ResponseBody body, CancellationToken cancel)
    {
        try
        {
            return await body.ReadAsync(new byte[1], cancel) > 0;
        }
        catch (RegistryFault)
        {
            return false;
        }
    }

    // An orderly end before the promised size: either a truncating proxy or a blob that is shorter than its descriptor says.
    private static RegistryFault EndedEarly() => new(OciFault.DigestMismatch, "the body ends before the promised size") { Transient = true };

    private OciException Failed(OciFault fault, string reason, Exception? inner = null)
    {
        RegistryTelemetry.Failed(span: null, fault);
        return new OciException(fault, $"{what}: {reason}", inner) { IsFinal = inner is RegistryFault { Transient: false } };
    }
}
