using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Gateway.Jobs;

/// <summary>
/// Makes ids: UUIDv7 (RFC 9562 section 6.2, method 1: a 12-bit counter within the millisecond) in 26 characters of lower-case Crockford base32.
/// Text order is the order of creation, so that pages and the queue need no other column.
/// </summary>
internal sealed class JobId(TimeProvider time)
{
    public const int Length = 26;

    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    private const int CounterEnd = 1 << 12;

    private static readonly SearchValues<char> Letters = SearchValues.Create(Alphabet);

    private readonly Lock gate = new();
    private long lastMilliseconds;
    private int counter;

    public string Next()
    {
        var (milliseconds, count) = Tick();
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes[8..]);
        BinaryPrimitives.WriteInt64BigEndian(bytes, (milliseconds << 16) | 0x7000 | (long)count);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return Spell(BinaryPrimitives.ReadUInt128BigEndian(bytes));
    }

    public static bool IsValid(string? text) => text is { Length: Length } && !text.AsSpan().ContainsAnyExcept(Letters);

    /// <summary>A clock that steps back, or more than 4096 ids in a millisecond, borrow from the next millisecond.</summary>
    private (long Milliseconds, int Count) Tick()
    {
        lock (gate)
        {
            var now = time.GetUtcNow().ToUnixTimeMilliseconds();
            if (now > lastMilliseconds)
            {
                (lastMilliseconds, counter) = (now, 0);
            }
            else if (++counter == CounterEnd)
            {
                (lastMilliseconds, counter) = (lastMilliseconds + 1, 0);
            }

            return (lastMilliseconds, counter);
        }
    }

    private static string Spell(UInt128 value) => string.Create(Length, value, static (text, rest) =>
    {
        for (var i = text.Length - 1; i >= 0; i--)
        {
            text[i] = Alphabet[(int)(rest & 31)];
            rest >>= 5;
        }
    });
}
