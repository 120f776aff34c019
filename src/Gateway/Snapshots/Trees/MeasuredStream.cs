using Microsoft.Win32.SafeHandles;

namespace Gateway.Snapshots.Trees;

/// <summary>A file read to exactly the size it had when it was looked at: one that grows meanwhile is cut, one that shrinks ends in zeros.</summary>
internal sealed class MeasuredStream(SafeFileHandle file, long size) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => size;

    public override long Position { get; set; }

    public override int Read(Span<byte> buffer)
    {
        var wanted = buffer[..(int)Math.Min(buffer.Length, Math.Max(0, size - Position))];
        return Advance(RandomAccess.Read(file, wanted, Position), wanted);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var wanted = buffer[..(int)Math.Min(buffer.Length, Math.Max(0, size - Position))];
        return Advance(await RandomAccess.ReadAsync(file, wanted, Position, cancellationToken), wanted.Span);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) => Position = offset + origin switch
    {
        SeekOrigin.Begin => 0,
        SeekOrigin.Current => Position,
        _ => size,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private int Advance(int read, Span<byte> wanted)
    {
        if (read is 0)
        {
            wanted.Clear();
            read = wanted.Length;
        }

        Position += read;
        return read;
    }
}
