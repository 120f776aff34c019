using System.Buffers.Binary;
using System.Net.Sockets;

namespace Gateway.Containerd.Wire;

/// <summary>A frame of HTTP/2 as it came. Its payload is good until the next one is read.</summary>
internal readonly record struct Frame(FrameType Type, FrameFlags Flags, int StreamId, ReadOnlyMemory<byte> Payload)
{
    public bool Has(FrameFlags flag) => (Flags & flag) is not FrameFlags.None;
}

/// <summary>RFC 9113 section 6.</summary>
internal enum FrameType : byte
{
    Data = 0,
    Headers = 1,
    Reset = 3,
    Settings = 4,
    Ping = 6,
    GoAway = 7,
    WindowUpdate = 8,
    Continuation = 9,
}

[Flags]
internal enum FrameFlags : byte
{
    None = 0,
    EndStreamOrAck = 0x1,
    EndHeaders = 0x4,
    Padded = 0x8,
    Priority = 0x20,
}

/// <summary>Frames over a Unix socket. One reader; writers take turns.</summary>
internal sealed class FrameSocket(Socket socket) : IDisposable
{
    public const int HeaderBytes = 9;

    /// <summary>Largest payload each side must take (section 4.2); no setting here raises it.</summary>
    public const int MaxPayloadBytes = 16 * 1024;

    private readonly SemaphoreSlim sending = new(1, 1);
    private readonly byte[] buffer = new byte[2 * (HeaderBytes + MaxPayloadBytes)];
    private int start;
    private int end;

    /// <summary>The next frame, or null at the end of the connection.</summary>
    public async ValueTask<Frame?> ReadAsync()
    {
        if (!await FillAsync(HeaderBytes))
        {
            return null;
        }

        var length = (buffer[start] << 16) | (buffer[start + 1] << 8) | buffer[start + 2];
        if (length > MaxPayloadBytes)
        {
            throw new InvalidDataException("a frame is longer than was agreed");
        }

        var (type, flags) = ((FrameType)buffer[start + 3], (FrameFlags)buffer[start + 4]);
        var streamId = BinaryPrimitives.ReadInt32BigEndian(buffer.AsSpan(start + 5)) & int.MaxValue;
        if (!await FillAsync(HeaderBytes + length))
        {
            return null;
        }

        var payload = buffer.AsMemory(start + HeaderBytes, length);
        start += HeaderBytes + length;
        return new Frame(type, flags, streamId, payload);
    }

    /// <summary>Sends what was put together, in one call to the system where it takes it all.</summary>
    public async Task SendAsync(IList<ArraySegment<byte>> parts)
    {
        await sending.WaitAsync();
        try
        {
            await socket.SendAsync(parts, SocketFlags.None);
        }
        finally
        {
            sending.Release();
        }
    }

    public Task SendAsync(FrameType type, FrameFlags flags, int streamId, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[HeaderBytes + payload.Length];
        WriteHeader(frame, payload.Length, type, flags, streamId);
        payload.CopyTo(frame.AsSpan(HeaderBytes));
        return SendAsync([new ArraySegment<byte>(frame)]);
    }

    public static void WriteHeader(Span<byte> at, int length, FrameType type, FrameFlags flags, int streamId)
    {
        BinaryPrimitives.WriteInt32BigEndian(at, length << 8);
        (at[3], at[4]) = ((byte)type, (byte)flags);
        BinaryPrimitives.WriteInt32BigEndian(at[5..], streamId);
    }

    public void Dispose() => socket.Dispose();

    private async ValueTask<bool> FillAsync(int count)
    {
        if (start + count > buffer.Length)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
        }

        while (end - start < count)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(end), SocketFlags.None);
            if (read is 0)
            {
                return false;
            }

            end += read;
        }

        return true;
    }
}
