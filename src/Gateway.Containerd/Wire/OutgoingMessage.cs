using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Gateway.Containerd.Services.Content;
using Google.Protobuf;

namespace Gateway.Containerd.Wire;

/// <summary>One message on its way out: what stands before the data, and the data where the caller has it.</summary>
internal sealed class OutgoingMessage
{
    /// <summary>gRPC's: whether it is compressed, and its length.</summary>
    public const int PrefixBytes = 5;

    /// <summary>Sent at a time: enough to make a call to the system worth it, little enough for a ping's answer to pass between.</summary>
    public const int BurstBytes = 16 * FrameSocket.MaxPayloadBytes;

    private readonly ArraySegment<byte> head;
    private readonly ArraySegment<byte> data;
    private readonly byte[] frameHeaders = new byte[BurstBytes / FrameSocket.MaxPayloadBytes * FrameSocket.HeaderBytes];
    private readonly List<ArraySegment<byte>> burst = [];

    // The data field is written last, so its bytes need not be copied behind the others.
    public OutgoingMessage(WriteContentRequest request)
    {
        data = MemoryMarshal.TryGetArray(request.Data.Memory, out var array) ? array : new ArraySegment<byte>(request.Data.ToByteArray());
        var others = request.Clone();
        others.Data = ByteString.Empty;
        var tag = data.Count is 0 ? 0 : CodedOutputStream.ComputeTagSize(WriteContentRequest.DataFieldNumber) + CodedOutputStream.ComputeLengthSize(data.Count);
        var bytes = new byte[PrefixBytes + others.CalculateSize() + tag];
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), bytes.Length - PrefixBytes + data.Count);
        using var stream = new MemoryStream(bytes, PrefixBytes, bytes.Length - PrefixBytes);
        using var output = new CodedOutputStream(stream);
        others.WriteTo(output);
        if (data.Count > 0)
        {
            output.WriteTag(WriteContentRequest.DataFieldNumber, WireFormat.WireType.LengthDelimited);
            output.WriteLength(data.Count);
        }

        head = bytes;
    }

    public int Length => head.Count + data.Count;

    /// <summary>Bytes from an offset as DATA frames of the stream, at most <see cref="BurstBytes"/>. Good until the next call.</summary>
    public IList<ArraySegment<byte>> Frames(int from, int count, int streamId)
    {
        burst.Clear();
        for (var (number, done) = (0, 0); done < count; number++)
        {
            var length = Math.Min(FrameSocket.MaxPayloadBytes, count - done);
            var header = new ArraySegment<byte>(frameHeaders, number * FrameSocket.HeaderBytes, FrameSocket.HeaderBytes);
            FrameSocket.WriteHeader(header, length, FrameType.Data, FrameFlags.None, streamId);
            burst.Add(header);
            Add(from + done, from + done + length);
            done += length;
        }

        return burst;
    }

    private void Add(int begin, int stop)
    {
        if (begin < head.Count)
        {
            burst.Add(head.Slice(begin, Math.Min(stop, head.Count) - begin));
        }

        if (stop > head.Count)
        {
            var first = Math.Max(begin, head.Count);
            burst.Add(data.Slice(first - head.Count, stop - first));
        }
    }
}
