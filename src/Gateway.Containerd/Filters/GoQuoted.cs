using System.Globalization;
using System.Text;

namespace Gateway.Containerd.Filters;

/// <summary>Takes the quotes and escapes off a Go string, for which <c>/</c> and <c>|</c> may stand for the double quote.</summary>
internal static class GoQuoted
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="quoted">With its quotes.</param>
    /// <param name="position">Where in the filter it stands.</param>
    public static string Unquote(string quoted, int position)
    {
        // Octal and \x escapes name bytes, which need not be whole characters each.
        var bytes = new List<byte>(quoted.Length);
        for (var i = 1; i < quoted.Length - 1;)
        {
            if (quoted[i] is '\\')
            {
                i += Escape(quoted, i, position, bytes);
            }
            else
            {
                var length = char.IsSurrogatePair(quoted, i) ? 2 : 1;
                bytes.AddRange(Encoding.UTF8.GetBytes(quoted, i, length));
                i += length;
            }
        }

        try
        {
            return Strict.GetString([.. bytes]);
        }
        catch (DecoderFallbackException)
        {
            throw new FilterException(position, "the quoted text is not UTF-8");
        }
    }

    // Gives the length of the escape.
    private static int Escape(string quoted, int at, int position, List<byte> bytes)
    {
        var name = quoted[at + 1];
        var (digits, radix) = name switch { 'x' => (2, 16), 'u' => (4, 16), 'U' => (8, 16), >= '0' and <= '7' => (3, 8), _ => (0, 0) };
        if (digits is 0)
        {
            bytes.Add(Simple(name, quoted[0]) ?? throw Illegal(position + at));
            return 2;
        }

        var begin = radix is 8 ? at + 1 : at + 2;
        var value = Number(quoted.AsSpan(begin, Math.Min(digits, quoted.Length - 1 - begin)), digits, radix) ?? throw Illegal(position + at);
        if (name is 'u' or 'U')
        {
            bytes.AddRange(Encoding.UTF8.GetBytes((Rune.IsValid((uint)value) ? new Rune((uint)value) : value <= 0x10FFFF ? Rune.ReplacementChar : throw Illegal(position + at)).ToString()));
        }
        else
        {
            bytes.Add(value <= byte.MaxValue ? (byte)value : throw Illegal(position + at));
        }

        return begin + digits - at;
    }

    private static byte? Simple(char name, char quote) => name switch
    {
        'a' => 7,
        'b' => 8,
        't' => 9,
        'n' => 10,
        'v' => 11,
        'f' => 12,
        'r' => 13,
        '\\' => (byte)'\\',
        _ when name == quote => (byte)quote,
        _ => null,
    };

    private static long? Number(ReadOnlySpan<char> text, int digits, int radix)
    {
        var value = 0L;
        foreach (var character in text)
        {
            if (!char.IsAsciiHexDigit(character) || int.Parse([character], NumberStyles.HexNumber, CultureInfo.InvariantCulture) is var digit && digit >= radix)
            {
                return null;
            }

            value = (value * radix) + digit;
        }

        return text.Length == digits ? value : null;
    }

    private static FilterException Illegal(int position) => new(position, "this is no escape sequence");
}
