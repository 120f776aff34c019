using System.Text;

namespace Gateway.Oci.Archives;

/// <summary>A header block of a tar archive: POSIX ustar, GNU, or the older form without a magic.</summary>
/// <remarks>POSIX.1-2017, pax, "ustar Interchange Format". All offsets and lengths in bytes.</remarks>
internal sealed record TarHeader(string Name, char Type, long Size, string LinkName)
{
    public const int BlockBytes = 512;

    private const int ChecksumAt = 148;
    private const int ChecksumBytes = 8;
    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Reads a block that is not all zeros, or throws <see cref="OciFault.ArchiveInvalid"/>.</summary>
    public static TarHeader Parse(ReadOnlySpan<byte> block)
    {
        RequireChecksum(block);
        var name = Text(block[..100]);
        // GNU writes other things where ustar has the prefix, and "ustar  " for a magic.
        var prefix = block[257..263].SequenceEqual("ustar\0"u8) ? Text(block[345..500]) : "";
        return new TarHeader(
            prefix.Length is 0 ? name : $"{prefix}/{name}",
            block[156] is 0 ? '0' : (char)block[156],
            Number(block[124..136]),
            Text(block[157..257]));
    }

    /// <summary>Text up to its first NUL.</summary>
    public static string Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        try
        {
            return Utf8.GetString(end < 0 ? field : field[..end]);
        }
        catch (DecoderFallbackException odd)
        {
            throw ArchiveFault.Invalid("a name in it is not UTF-8", odd);
        }
    }

    // Octal digits, or base 256 where the first bit is set; the second bit is then a sign.
    private static long Number(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) is 0)
        {
            return TryOctal(field) ?? throw ArchiveFault.Invalid("the size of an entry is not an octal number");
        }

        UInt128 value = (uint)(field[0] & 0x7f);
        foreach (var digit in field[1..])
        {
            value = (value << 8) | digit;
        }

        return value <= long.MaxValue ? (long)value : throw ArchiveFault.Invalid("the size of an entry is negative or beyond 63 bits");
    }

    // At most 12 digits: no overflow.
    private static long? TryOctal(ReadOnlySpan<byte> field)
    {
        long? value = 0L;
        foreach (var digit in field.Trim(" \0"u8))
        {
            value = digit is >= (byte)'0' and <= (byte)'7' ? (value << 3) | (uint)(digit - '0') : null;
        }

        return value;
    }

    // The sum of all bytes, its own field taken as blanks. Some old writers summed signed bytes.
    private static void RequireChecksum(ReadOnlySpan<byte> block)
    {
        var (unsigned, signed) = (0L, 0L);
        for (var i = 0; i < block.Length; i++)
        {
            var value = i is >= ChecksumAt and < ChecksumAt + ChecksumBytes ? (byte)' ' : block[i];
            unsigned += value;
            signed += (sbyte)value;
        }

        var sum = TryOctal(block.Slice(ChecksumAt, ChecksumBytes));
        if (sum != unsigned && sum != signed)
        {
            throw ArchiveFault.Invalid("it is not a tar archive, or a header in it is damaged");
        }
    }
}
