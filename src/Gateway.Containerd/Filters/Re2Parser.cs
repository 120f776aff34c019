using System.Globalization;
using System.Text;

namespace Gateway.Containerd.Filters;

/// <summary>Checks an expression against RE2's grammar (regexp/syntax of Go, "Perl" flags) and writes it for .NET.</summary>
internal sealed class Re2Parser
{
    // A character outside the basic plane is two in .NET, and half of it must never match.
    internal const string Pair = @"[\uD800-\uDBFF][\uDC00-\uDFFF]";
    private const string AnyButNewline = $@"(?:{Pair}|[^\n\uD800-\uDFFF])";

    /// <summary>RE2's limit on a count, and on the product of counts that are nested.</summary>
    private const int MaxRepeat = 1000;

    private readonly Re2Input input;
    private readonly StringBuilder output = new();
    private readonly HashSet<string> names = new(StringComparer.Ordinal);

    private Re2Parser(string pattern) => input = new Re2Input(pattern);

    /// <summary>The expression for .NET; null where it is valid, but means something there that it does not mean to RE2. Throws <see cref="FormatException"/>.</summary>
    public static string? Translate(string pattern)
    {
        var parser = new Re2Parser(pattern);
        parser.Alternatives();
        return !parser.input.IsAtEnd ? throw new FormatException("a ')' too many") : parser.input.IsForeign ? null : parser.output.ToString();
    }

    // Each gives the largest product of counts in it.
    private int Alternatives()
    {
        var most = Sequence();
        while (input.Take('|'))
        {
            output.Append('|');
            most = Math.Max(most, Sequence());
        }

        return most;
    }

    private int Sequence()
    {
        var most = 1;
        while (!input.IsAtEnd && input.Current is not ('|' or ')'))
        {
            var begin = output.Length;
            if (Atom() is { } product)
            {
                most = Math.Max(most, Repeated(begin, product));
            }
        }

        return most;
    }

    // Null where there is nothing to repeat: flags.
    private int? Atom()
    {
        switch (input.Next())
        {
            case '(':
                return Group();
            case '[':
                output.Append(Re2Class.Read(input));
                return 1;
            case '.':
                output.Append(AnyButNewline);
                return 1;
            case '^':
                output.Append(@"\A");
                return 1;
            case '$':
                output.Append(@"\z");
                return 1;
            case '*' or '+' or '?':
                throw new FormatException("nothing stands before a repetition");
            case '{' when input.IsCount():
                throw new FormatException("nothing stands before a repetition");
            case '\\':
                Escape();
                return 1;
            case var literal:
                Literal(literal);
                return 1;
        }
    }

    private int? Group()
    {
        output.Append("(?:");
        if (input.Take('?'))
        {
            if (Re2Groups.ReadsName(input, names) is false && Re2Groups.IsFlagsOnly(input))
            {
                output.Length -= "(?:".Length;
                return null;
            }
        }

        var product = Alternatives();
        if (!input.Take(')'))
        {
            throw new FormatException("a ')' is missing");
        }

        output.Append(')');
        return product;
    }

    private int Repeated(int begin, int product)
    {
        if (input.IsAtEnd || !(input.Current is '*' or '+' or '?' || (input.Current is '{' && input.IsCountAhead())))
        {
            return product;
        }

        // A repetition in .NET takes the last atom; what was written may be several.
        output.Insert(begin, "(?:").Append(')');
        var (text, count) = input.Repetition();
        if (count > MaxRepeat || (count > 1 && (long)count * product > MaxRepeat))
        {
            throw new FormatException("it repeats more than 1000 times");
        }

        output.Append(text);
        if (!input.IsAtEnd && (input.Current is '*' or '+' or '?' || (input.Current is '{' && input.IsCountAhead())))
        {
            throw new FormatException("a repetition is repeated");
        }

        return Math.Max(1, count) * product;
    }

    private void Escape()
    {
        if (input.IsAtEnd)
        {
            throw new FormatException("it ends in a backslash");
        }

        switch (input.Current)
        {
            case 'A':
                input.Next();
                output.Append(@"\A");
                break;
            case 'z':
                input.Next();
                output.Append(@"\z");
                break;
            case 'b' or 'B' or 'C' or 'Q':
                // Word borders are ASCII's to RE2.
                input.Foreign();
                input.SkipSpecial();
                break;
            default:
                if (Re2Class.Named(input) is { } set)
                {
                    output.Append(set);
                }
                else
                {
                    Literal(input.EscapedLiteral());
                }

                break;
        }
    }

    private void Literal(int codePoint)
    {
        foreach (var unit in char.ConvertFromUtf32(codePoint))
        {
            output.Append(CultureInfo.InvariantCulture, $@"\u{(int)unit:X4}");
        }
    }
}
