using System.Buffers;
using Gateway.Containerd.Services.Content;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Containerd.Wire;

/// <summary>
/// One message of <c>Content.Read</c> in a pooled buffer: the generated class would make a new array of 1 MiB for each, a gigabyte of garbage for a
/// gigabyte read. Dispose it when its bytes are done with.
/// </summary>
internal sealed class ContentChunk : IDisposable
{
    /// <summary>ReadContentResponse: data = 2.</summary>
    private const uint DataTag = (2 << 3) | (uint)WireFormat.WireType.LengthDelimited;

    /// <summary>More than the tags, the offset and the length before the data take.</summary>
    private const int MaxHeadBytes = 32;

    private byte[] buffer;

    // No longer than the data, 1 MiB: a little more would take a buffer of twice the size.
    private ContentChunk(ReadOnlySequence<byte> data)
    {
        buffer = data.IsEmpty ? [] : ArrayPool<byte>.Shared.Rent((int)data.Length);
        data.CopyTo(buffer);
        Data = buffer.AsMemory(0, (int)data.Length);
    }

    /// <summary>The call, with the generated client's name and request.</summary>
    public static Method<ReadContentRequest, ContentChunk> Read { get; } = new(
        MethodType.ServerStreaming, "containerd.services.content.v1.Content", "Read",
        Marshallers.Create<ReadContentRequest>(static request => request.ToByteArray(), static _ => throw new NotSupportedException()),
        new Marshaller<ContentChunk>(static (_, _) => throw new NotSupportedException(), static context => Parse(context.PayloadAsReadOnlySequence())));

    public ReadOnlyMemory<byte> Data { get; private set; }

    public static ContentChunk Parse(ReadOnlySequence<byte> message)
    {
        var reader = new CodedInputStream(message.Slice(0, Math.Min(message.Length, MaxHeadBytes)).ToArray());
        for (var tag = reader.ReadTag(); tag is not 0; tag = reader.ReadTag())
        {
            if (tag is DataTag)
            {
                // What follows the data is of no interest, and the daemon sends nothing there.
                var length = reader.ReadLength();
                return new ContentChunk(message.Slice(reader.Position, length));
            }

            reader.SkipLastField();
        }

        return new ContentChunk(ReadOnlySequence<byte>.Empty);
    }

    public void Dispose()
    {
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            (buffer, Data) = ([], default);
        }
    }
}
