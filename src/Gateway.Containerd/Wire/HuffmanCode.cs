using System.Text;

namespace Gateway.Containerd.Wire;

/// <summary>HPACK's Huffman code (RFC 7541 appendix B). It is canonical, so the lengths alone make it.</summary>
internal static class HuffmanCode
{
    private const int LongestBits = 30;

    /// <summary>Bits of each symbol's code, 0 to 255; the end-of-string symbol, 256, has 30.</summary>
    private static ReadOnlySpan<byte> Lengths =>
    [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
        30,
    ];

    private static readonly Dictionary<(int Bits, uint Code), int> Symbols = Assign();

    /// <summary>The text; throws <see cref="InvalidDataException"/> where the bits are none of the code's.</summary>
    public static string Decode(ReadOnlySpan<byte> coded)
    {
        var text = new StringBuilder();
        var (code, bits) = (0u, 0);
        foreach (var octet in coded)
        {
            for (var bit = 7; bit >= 0; bit--)
            {
                (code, bits) = ((code << 1) | (uint)((octet >> bit) & 1), bits + 1);
                if (bits > LongestBits)
                {
                    throw new InvalidDataException("a header's Huffman code is malformed");
                }

                if (Symbols.TryGetValue((bits, code), out var symbol))
                {
                    text.Append((char)symbol);
                    (code, bits) = (0, 0);
                }
            }
        }

        // The last octet is filled up with the beginning of the end-of-string code, all ones.
        return bits < 8 && code == (1u << bits) - 1 ? text.ToString() : throw new InvalidDataException("a header's Huffman code ends in the middle");
    }

    // RFC 7541 section 5.2 by way of RFC 1951 section 3.2.2: codes of one length count up in the order of their symbols.
    private static Dictionary<(int Bits, uint Code), int> Assign()
    {
        var symbols = new Dictionary<(int, uint), int>();
        var code = 0u;
        for (var bits = 1; bits <= LongestBits; bits++, code <<= 1)
        {
            for (var symbol = 0; symbol < Lengths.Length; symbol++)
            {
                if (Lengths[symbol] == bits)
                {
                    symbols[(bits, code++)] = symbol;
                }
            }
        }

        return symbols;
    }
}
