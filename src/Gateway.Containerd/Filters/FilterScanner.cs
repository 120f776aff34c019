using System.Text;

namespace Gateway.Containerd.Filters;

/// <summary>Kinds of what a filter is made of.</summary>
internal enum TokenKind
{
    End,
    Field,
    Value,
    Quoted,
    Separator,
    Operator,
    Unexpected,
}

/// <summary>A piece of a filter.</summary>
/// <param name="Position">Where it begins, in characters.</param>
internal readonly record struct Token(TokenKind Kind, int Position, string Text);

/// <summary>Cuts a filter into pieces, as filters/scanner.go does: after an operator a value reaches to the next comma or blank.</summary>
internal sealed class FilterScanner(string input)
{
    private int position;
    private bool wantsValue;

    /// <summary>Where the next piece is looked for.</summary>
    public int Position => position;

    /// <summary>The next character as it stands, blanks too; null at the end.</summary>
    public Rune? Peek() => position >= input.Length ? null : Rune.TryGetRuneAt(input, position, out var rune) ? rune : Rune.ReplacementChar;

    public Token Next()
    {
        while (Peek() is { } blank && IsBlank(blank))
        {
            position++;
        }

        var begin = position;
        switch (Peek())
        {
            case null:
                return new Token(TokenKind.End, begin, "");
            case { Value: '/' or '|' or '"' } quote:
                return Quoted((char)quote.Value);
            case { Value: ',' or '.' }:
                wantsValue = false;
                return Cut(TokenKind.Separator, begin, begin + 1);
            case { Value: '=' or '!' or '~' }:
                wantsValue = true;
                return Run(TokenKind.Operator, rune => rune.Value is '=' or '!' or '~');
            case { } rune when wantsValue && IsValue(rune):
                wantsValue = false;
                return Run(TokenKind.Value, IsValue);
            case { } rune when IsField(rune):
                return Run(TokenKind.Field, IsField);
            default:
                return new Token(TokenKind.Unexpected, begin, "");
        }
    }

    private static bool IsField(Rune rune) => rune.IsAscii && (Rune.IsLetterOrDigit(rune) || rune.Value is '-' or '_');

    // Go's unicode.IsSpace.
    private static bool IsBlank(Rune rune) => rune.Value is >= '\t' and <= '\r' or ' ' or 0x85 or 0xA0 || (!rune.IsAscii && Rune.IsWhiteSpace(rune));

    // Go's unicode.IsGraphic but for blanks. The replacement character stands for what was not UTF-8.
    private static bool IsValue(Rune rune) =>
        rune.Value is not ',' && rune != Rune.ReplacementChar && !IsBlank(rune)
        && Rune.GetUnicodeCategory(rune) is not (System.Globalization.UnicodeCategory.Control or System.Globalization.UnicodeCategory.Format
            or System.Globalization.UnicodeCategory.Surrogate or System.Globalization.UnicodeCategory.PrivateUse
            or System.Globalization.UnicodeCategory.OtherNotAssigned or System.Globalization.UnicodeCategory.LineSeparator
            or System.Globalization.UnicodeCategory.ParagraphSeparator);

    private Token Run(TokenKind kind, Func<Rune, bool> belongs)
    {
        var end = position;
        while (end < input.Length && Rune.TryGetRuneAt(input, end, out var rune) && belongs(rune))
        {
            end += rune.Utf16SequenceLength;
        }

        return Cut(kind, position, end);
    }

    // With its quotes; what the escapes mean is GoQuoted's.
    private Token Quoted(char quote)
    {
        for (var end = position + 1; end < input.Length && input[end] is not ('\n' or '\0' or '\uFFFD'); end++)
        {
            if (input[end] == quote)
            {
                return Cut(TokenKind.Quoted, position, end + 1);
            }

            end += input[end] is '\\' ? 1 : 0;
        }

        throw new FilterException(position, "the quoted text does not end");
    }

    private Token Cut(TokenKind kind, int begin, int end)
    {
        position = end;
        return new Token(kind, begin, input[begin..end]);
    }
}
