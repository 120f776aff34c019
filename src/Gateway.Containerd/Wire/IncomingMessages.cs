using System.Buffers.Binary;
using Gateway.Containerd.Services.Content;

namespace Gateway.Containerd.Wire;

/// <summary>Puts answers together: they may be cut anywhere.</summary>
internal sealed class IncomingMessages
{
    /// <summary>An answer to a write is some hundred bytes.</summary>
    private const int MaxBytes = 64 * 1024;

    private byte[] pending = [];

    /// <summary>The answers that the bytes complete.</summary>
    public IEnumerable<WriteContentResponse> Take(ReadOnlyMemory<byte> bytes)
    {
        pending = [.. pending, .. bytes.Span];
        while (pending.Length >= OutgoingMessage.PrefixBytes)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(pending.AsSpan(1));
            if (pending[0] is not 0 || length > MaxBytes)
            {
                throw new InvalidDataException("an answer is compressed or too long");
            }

            var end = OutgoingMessage.PrefixBytes + (int)length;
            if (pending.Length < end)
            {
                yield break;
            }

            yield return WriteContentResponse.Parser.ParseFrom(pending.AsSpan(OutgoingMessage.PrefixBytes, (int)length));
            pending = pending[end..];
        }
    }
}
