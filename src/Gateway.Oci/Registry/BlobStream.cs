using System.Security.Cryptography;

namespace Gateway.Oci.Registry;

/// <summary>
/// A blob's bytes as they come, hashed on the way. A broken or silent connection is opened again at the byte it stopped at; the end is only reported
/// once size and digest are proven.
/// </summary>
internal sealed class BlobStream : Stream
{
    /// <summary>Reconnects without this much progress in between count together.</summary>
    private const long ProgressBytes = 1024 * 1024;

    private const int MaxReconnects = 3;

    private readonly BlobSource source;
    private readonly Descriptor descriptor;
    private readonly RegistryOptions options;
    private readonly TimeProvider time;
    private readonly IncrementalHash? hash;
    private HttpResponseMessage answer;
    private Stream? body;
    private long position;
    private long progressFrom;
    private int reconnects;

    public BlobStream(BlobSource source, Descriptor descriptor, long offset, HttpResponseMessage answer, RegistryOptions options, TimeProvider time)
    {
        this.source = source;
        this.descriptor = descriptor;
        this.answer = answer;
        this.options = options;
        this.time = time;
        position = progressFrom = offset;
        // The hash of a part proves nothing: what was read before is verified where it was stored.
        hash = offset is 0 ? descriptor.Digest.CreateHash() : null;
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => descriptor.Size;

    public override long Position { get => position; set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        while (true)
        {
            try
            {
                var read = await ReadOnceAsync(buffer, cancellationToken);
                if (read > 0 || position == descriptor.Size)
                {
                    return Took(buffer.Span[..read]);
                }

                throw new IOException("the body ended early");
            }
            catch (Exception broken) when (broken is IOException or HttpRequestException or TimeoutException)
            {
                if (position == descriptor.Size)
                {
                    // All bytes are here and proven; how the connection ends is nobody's concern.
                    return 0;
                }

                await ReconnectAsync(broken, cancellationToken);
            }
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("read asynchronously");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            answer.Dispose();
            hash?.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task<int> ReadOnceAsync(Memory<byte> buffer, CancellationToken cancel)
    {
        body ??= await answer.Content.ReadAsStreamAsync(cancel);
        var read = body.ReadAsync(buffer, cancel);
        if (read.IsCompleted)
        {
            return await read;
        }

        // Only a read that has to wait pays for a timer.
        var waiting = read.AsTask();
        try
        {
            return await waiting.WaitAsync(options.IdleTimeout, time, cancel);
        }
        catch (Exception stopped) when (stopped is TimeoutException or OperationCanceledException)
        {
            // The pending read still holds the buffer: closing the connection ends it before the buffer is used again.
            answer.Dispose();
            await ((Task)waiting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    private int Took(ReadOnlySpan<byte> bytes)
    {
        position += bytes.Length;
        if (position > descriptor.Size)
        {
            throw new OciException(OciFault.DigestMismatch, $"{source.Authority} sends more than the {descriptor.Size} bytes of {descriptor.Digest}");
        }

        hash?.AppendData(bytes);
        RegistryTelemetry.Bytes.Add(bytes.Length);
        if (position - progressFrom >= ProgressBytes)
        {
            (progressFrom, reconnects) = (position, 0);
        }

        if (position == descriptor.Size && hash is not null && !descriptor.Digest.Matches(hash.GetCurrentHash()))
        {
            throw new OciException(OciFault.DigestMismatch, $"{source.Authority} sent other bytes than {descriptor.Digest}");
        }

        return bytes.Length;
    }

    private async Task ReconnectAsync(Exception broken, CancellationToken cancel)
    {
        answer.Dispose();
        body = null;
        while (true)
        {
            if (++reconnects > MaxReconnects)
            {
                throw broken is TimeoutException
                    ? new OciException(OciFault.RegistryTimeout, $"{source.Authority} stopped sending {descriptor.Digest}", broken)
                    : new OciException(OciFault.RegistryUnavailable, $"{source.Authority} broke the connection of {descriptor.Digest} again and again", broken);
            }

            await Task.Delay(source.Backoff(reconnects), time, cancel);
            try
            {
                answer = await source.OpenAsync(position, cancel);
                return;
            }
            catch (OciException failed) when (RegistryErrors.IsTransient(failed.Fault))
            {
                broken = failed;
            }
        }
    }
}
