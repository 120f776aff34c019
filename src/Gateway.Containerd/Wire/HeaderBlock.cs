using System.Text;

namespace Gateway.Containerd.Wire;

/// <summary>Header blocks of one gRPC call in HPACK (RFC 7541) without a dynamic table, which the connection's settings switch off.</summary>
internal static class HeaderBlock
{
    // Entries of the static table (appendix A) that a request needs: the first two with their values, the others by name.
    private const byte MethodPost = 0x80 | 3;
    private const byte SchemeHttp = 0x80 | 6;
    private const byte AuthorityName = 1;
    private const byte PathName = 4;

    private const int StaticEntries = 61;

    /// <summary>The request's headers: what gRPC asks for, then what the call adds.</summary>
    public static byte[] Encode(string path, IEnumerable<KeyValuePair<string, string>> headers)
    {
        using var block = new MemoryStream();
        block.WriteByte(MethodPost);
        block.WriteByte(SchemeHttp);
        block.WriteByte(PathName);
        WriteText(block, path);
        block.WriteByte(AuthorityName);
        WriteText(block, "localhost");
        foreach (var (name, value) in headers)
        {
            block.WriteByte(0); // a literal that is not to be indexed, with a name of its own
            WriteText(block, name);
            WriteText(block, value);
        }

        return block.ToArray();
    }

    /// <summary>The fields that have a name of their own; those of the static table (<c>:status</c>, <c>content-type</c>) are read and left out.</summary>
    public static Dictionary<string, string> Decode(ReadOnlySpan<byte> block)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        while (!block.IsEmpty)
        {
            var first = block[0];
            if ((first & 0x80) is not 0)
            {
                Known(ReadNumber(ref block, 7), least: 1);
            }
            else if ((first & 0xE0) is 0x20)
            {
                ReadNumber(ref block, 5); // the size of the dynamic table, which stays empty
            }
            else
            {
                var index = Known(ReadNumber(ref block, (first & 0x40) is not 0 ? 6 : 4), least: 0);
                var name = index is 0 ? ReadText(ref block) : null;
                var value = ReadText(ref block);
                if (name is not null)
                {
                    fields[name] = value;
                }
            }
        }

        return fields;
    }

    private static int Known(int index, int least) =>
        index >= least && index <= StaticEntries ? index : throw new InvalidDataException("a header names an entry that is not there");

    private static void WriteText(MemoryStream block, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        WriteNumber(block, bytes.Length);
        block.Write(bytes);
    }

    // Section 5.1 with a prefix of 7 bits.
    private static void WriteNumber(MemoryStream block, int number)
    {
        const int Full = 0x7F;
        block.WriteByte((byte)Math.Min(number, Full));
        if (number >= Full)
        {
            for (number -= Full; number >= 0x80; number >>= 7)
            {
                block.WriteByte((byte)(0x80 | (number & 0x7F)));
            }

            block.WriteByte((byte)number);
        }
    }

    private static int ReadNumber(ref ReadOnlySpan<byte> block, int prefix)
    {
        var full = (1 << prefix) - 1;
        var number = Next(ref block) & full;
        if (number < full)
        {
            return number;
        }

        for (var shift = 0; shift <= 21; shift += 7)
        {
            var octet = Next(ref block);
            number += (octet & 0x7F) << shift;
            if ((octet & 0x80) is 0)
            {
                return number;
            }
        }

        throw new InvalidDataException("a number in a header is too large");
    }

    private static string ReadText(ref ReadOnlySpan<byte> block)
    {
        var coded = !block.IsEmpty && (block[0] & 0x80) is not 0;
        var length = ReadNumber(ref block, 7);
        if (length > block.Length)
        {
            throw new InvalidDataException("a header ends in the middle");
        }

        var bytes = block[..length];
        block = block[length..];
        return coded ? HuffmanCode.Decode(bytes) : Encoding.Latin1.GetString(bytes);
    }

    private static int Next(ref ReadOnlySpan<byte> block)
    {
        if (block.IsEmpty)
        {
            throw new InvalidDataException("a header ends in the middle");
        }

        var octet = block[0];
        block = block[1..];
        return octet;
    }
}
