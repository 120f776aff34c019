using System.Globalization;
using System.Text;

namespace Gateway.Containerd.Filters;

/// <summary>Character classes: those in brackets, and <c>\d</c>, <c>\s</c>, <c>\w</c> and <c>\p</c>, which are ASCII's but for the last.</summary>
internal static class Re2Class
{
    private static readonly Dictionary<char, string> Perl = new() { ['d'] = "09", ['s'] = "\t\n\f\r  ", ['w'] = "09AZ__az" };

    // Pairs of first and last, as RE2's "[[:name:]]".
    private static readonly Dictionary<string, string> Posix = new(StringComparer.Ordinal)
    {
        ["alnum"] = "09AZaz",
        ["alpha"] = "AZaz",
        ["ascii"] = "\u0000\u007F",
        ["blank"] = "\t\t  ",
        ["cntrl"] = "\u0000\u001F\u007F\u007F",
        ["digit"] = "09",
        ["graph"] = "!~",
        ["lower"] = "az",
        ["print"] = " ~",
        ["punct"] = "!/:@[`{~",
        ["space"] = "\t\r  ",
        ["upper"] = "AZ",
        ["word"] = "09AZaz__",
        ["xdigit"] = "09AFaf",
    };

    /// <summary>A class whose opening bracket has been passed.</summary>
    public static string Read(Re2Input input)
    {
        var isNegated = input.Take('^');
        var set = new StringBuilder();
        for (var isFirst = true; isFirst || input.IsAtEnd || input.Current is not ']'; isFirst = false)
        {
            Item(input, set);
        }

        input.Next();
        return isNegated ? Negated(set.ToString()) : $"[{set}]";
    }

    /// <summary>A class by a letter, whose backslash has been passed; null where the letter names none.</summary>
    public static string? Named(Re2Input input)
    {
        if (input.Current is 'p' or 'P')
        {
            UnicodeNames.Pass(input);
            input.Foreign();
            return "";
        }

        if (input.Current > 127 || !Perl.TryGetValue(char.ToLowerInvariant((char)input.Current), out var ranges))
        {
            return null;
        }

        return char.IsAsciiLetterUpper((char)input.Next()) ? Negated(Ranges(ranges)) : $"[{Ranges(ranges)}]";
    }

    private static void Item(Re2Input input, StringBuilder set)
    {
        if (input.Sees("[:") && PosixName(input) is { } posix)
        {
            set.Append(Ranges(posix));
            return;
        }

        if (input.Sees("\\"))
        {
            input.Next();
            if (!input.IsAtEnd && input.Current is 'd' or 's' or 'w' or 'D' or 'S' or 'W' or 'p' or 'P')
            {
                if (char.IsAsciiLetterUpper((char)input.Current))
                {
                    // All but a few, the characters outside the basic plane among them.
                    input.Foreign();
                }

                set.Append(Named(input)!.Trim('[', ']'));
                return;
            }

            Range(input, input.EscapedLiteral(), set);
            return;
        }

        Range(input, input.Next(), set);
    }

    private static void Range(Re2Input input, int first, StringBuilder set)
    {
        var last = first;
        if (input.Sees("-") && !input.Sees("-]"))
        {
            input.Next();
            last = input.Take('\\') ? input.EscapedLiteral() : input.Next();
        }

        if (last < first)
        {
            throw new FormatException("a range in brackets is the wrong way round");
        }

        if (last > char.MaxValue)
        {
            input.Foreign();
            return;
        }

        Append(set, (char)first, (char)last);
    }

    // Null where it only looks like a name: then the bracket is a character.
    private static string? PosixName(Re2Input input)
    {
        if (input.TakeUntil(":]") is not { } text)
        {
            return null;
        }

        var name = text["[:".Length..];
        if (name.StartsWith('^'))
        {
            input.Foreign();
        }

        return Posix.GetValueOrDefault(name.TrimStart('^')) ?? throw new FormatException("there is no class of that name");
    }

    private static string Negated(string set) => $@"(?:{Re2Parser.Pair}|[^{set}\uD800-\uDFFF])";

    private static string Ranges(string pairs)
    {
        var set = new StringBuilder();
        for (var i = 0; i < pairs.Length; i += 2)
        {
            Append(set, pairs[i], pairs[i + 1]);
        }

        return set.ToString();
    }

    private static void Append(StringBuilder set, char first, char last) =>
        set.Append(CultureInfo.InvariantCulture, $@"\u{(int)first:X4}-\u{(int)last:X4}");
}
