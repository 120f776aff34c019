using System.Buffers;
using Gateway.Containerd.Services.Content;
using Gateway.Containerd.Wire;
using Google.Protobuf;

namespace Gateway.Tests.Containerd.Wire;

public sealed class ContentChunkTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 1)]
    [InlineData(127, 40)]
    [InlineData(long.MaxValue, 1024 * 1024)]
    [InlineData(-1, 5)]
    public void Message_gives_the_bytes_that_the_generated_class_gives(long offset, int length)
    {
        var data = new byte[length];
        new Random(length).NextBytes(data);
        var message = new ReadContentResponse { Offset = offset, Data = ByteString.CopyFrom(data) }.ToByteArray();
        foreach (var cut in new[] { 0, 1, Math.Min(3, message.Length), message.Length })
        {
            using var chunk = ContentChunk.Parse(InTwo(message, Math.Min(cut, message.Length)));
            Assert.Equal(data, chunk.Data.ToArray());
        }
    }

    [Fact]
    public void Data_that_is_cut_off_is_refused()
    {
        var message = new ReadContentResponse { Data = ByteString.CopyFrom(new byte[100]) }.ToByteArray();
        Assert.Throws<ArgumentOutOfRangeException>(() => ContentChunk.Parse(new ReadOnlySequence<byte>(message, 0, 90)));
    }

    [Fact]
    public void Bytes_are_gone_with_the_chunk()
    {
        var chunk = ContentChunk.Parse(new ReadOnlySequence<byte>(new ReadContentResponse { Data = ByteString.CopyFrom(1, 2) }.ToByteArray()));
        chunk.Dispose();
        chunk.Dispose();
        Assert.True(chunk.Data.IsEmpty);
    }

    private static ReadOnlySequence<byte> InTwo(byte[] message, int cut)
    {
        var first = new Segment(message.AsMemory(0, cut), 0);
        var last = first.Append(message.AsMemory(cut));
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
