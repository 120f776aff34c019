using System.Globalization;
using System.Text;

namespace Gateway.Containerd.Filters;

/// <summary>The characters of an expression, read once from left to right.</summary>
internal sealed class Re2Input(string pattern)
{
    private const int MaxCount = 1000;

    private readonly int[] runes = [.. pattern.EnumerateRunes().Select(rune => rune.Value)];
    private int position;

    /// <summary>Whether something was met that only containerd's own engine matches exactly so.</summary>
    public bool IsForeign { get; private set; }

    public bool IsAtEnd => position >= runes.Length;

    public int Current => runes[position];

    public void Foreign() => IsForeign = true;

    public int Next() => IsAtEnd ? throw new FormatException("it ends too early") : runes[position++];

    public bool Take(char expected)
    {
        if (IsAtEnd || Current != expected)
        {
            return false;
        }

        position++;
        return true;
    }

    /// <summary>Whether the text comes next.</summary>
    public bool Sees(string text) => position + text.Length <= runes.Length && text.Select((character, i) => runes[position + i] == character).All(same => same);

    /// <summary>The text up to the mark, which is passed too; null, and nothing passed, where there is no such mark.</summary>
    public string? TakeUntil(string mark)
    {
        var begin = position;
        for (; position < runes.Length; position++)
        {
            if (Sees(mark))
            {
                var text = new StringBuilder();
                foreach (var rune in runes[begin..position])
                {
                    text.Append(char.ConvertFromUtf32(rune));
                }

                position += mark.Length;
                return text.ToString();
            }
        }

        position = begin;
        return null;
    }

    /// <summary>Whether a count such as <c>{2}</c>, <c>{2,}</c> or <c>{2,3}</c> begins here; other braces are literal.</summary>
    public bool IsCountAhead() => Count(position) is not null;

    /// <summary>The same just behind the brace.</summary>
    public bool IsCount() => Count(position - 1) is not null;

    /// <summary>Passes a repetition: its text, and how often it repeats at most, or at least where there is no most; 1 for <c>*</c>, <c>+</c> and <c>?</c>.</summary>
    public (string Text, int Count) Repetition()
    {
        var (text, count) = (((char)Current).ToString(), 1);
        if (Count(position) is { } counted)
        {
            (position, text, count) = (counted.End, counted.Text, counted.Max ?? counted.Min);
            if (counted.Min > MaxCount || count > MaxCount || count < counted.Min)
            {
                throw new FormatException("a count is over 1000, or its bounds are the wrong way round");
            }
        }
        else
        {
            position++;
        }

        return Take('?') ? (text + "?", count) : (text, count);
    }

    /// <summary>The character an escape stands for; the backslash has been passed.</summary>
    public int EscapedLiteral()
    {
        var name = Next();
        return name switch
        {
            'a' => 7,
            'f' => 12,
            'n' => 10,
            'r' => 13,
            't' => 9,
            'v' => 11,
            'x' => Hex(),
            '0' => Octal(0),
            >= '1' and <= '7' when !IsAtEnd && Current is >= '0' and <= '7' => Octal(name - '0'),
            < 128 when !char.IsAsciiLetterOrDigit((char)name) => name,
            _ => throw new FormatException("it holds an escape that RE2 does not have"),
        };
    }

    /// <summary>Passes <c>\b</c>, <c>\B</c> or <c>\Q...\E</c>.</summary>
    public void SkipSpecial()
    {
        var name = Next();
        if (name is 'C')
        {
            throw new FormatException("it holds an escape that RE2 does not have");
        }

        if (name is 'Q' && TakeUntil(@"\E") is null)
        {
            position = runes.Length;
        }
    }

    private int Octal(int value)
    {
        for (var digits = 1; digits < 3 && !IsAtEnd && Current is >= '0' and <= '7'; digits++)
        {
            value = (value * 8) + Next() - '0';
        }

        return value;
    }

    private int Hex()
    {
        var digits = Take('{') ? TakeUntil("}") : string.Concat((char)Next(), (char)Next());
        return digits is { Length: > 0 and <= 8 } && digits.All(char.IsAsciiHexDigit)
            && int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture) is >= 0 and <= 0x10FFFF and var value
                ? value
                : throw new FormatException(@"\x needs two hex digits, or some in braces up to 10FFFF");
    }

    private (int End, string Text, int Min, int? Max)? Count(int at)
    {
        var brace = at;
        if (at >= runes.Length || runes[at++] is not '{' || Number(ref at) is not { } min)
        {
            return null;
        }

        var max = (int?)min;
        if (at < runes.Length && runes[at] is ',')
        {
            at++;
            max = at < runes.Length && runes[at] is '}' ? null : Number(ref at) ?? -1;
        }

        return max is -1 || at >= runes.Length || runes[at] is not '}'
            ? null
            : (at + 1, string.Concat(runes[brace..(at + 1)].Select(rune => (char)rune)), min, max);
    }

    // Without leading zeros. What is far too large stays so.
    private int? Number(ref int at)
    {
        var begin = at;
        var value = 0;
        for (; at < runes.Length && runes[at] is >= '0' and <= '9'; at++)
        {
            value = Math.Min((value * 10) + runes[at] - '0', MaxCount + 1);
        }

        return at == begin || (runes[begin] is '0' && at > begin + 1) ? null : value;
    }
}
