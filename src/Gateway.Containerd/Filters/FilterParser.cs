namespace Gateway.Containerd.Filters;

/// <summary>
/// containerd's filters (filters/parser.go): selectors parted by commas, all of which must match. A selector is a field's path, or a path, an operator
/// and a value; both may be quoted as Go strings.
/// </summary>
internal sealed class FilterParser
{
    private readonly FilterScanner scanner;

    private FilterParser(string filter) => scanner = new FilterScanner(filter);

    /// <summary>The selectors, or a <see cref="FilterException"/>.</summary>
    public static IReadOnlyList<Selector> Parse(string filter)
    {
        var parser = new FilterParser(filter);
        var selectors = new List<Selector> { parser.ParseSelector() };
        while (parser.scanner.Peek() is { } next)
        {
            if (next.Value is not ',')
            {
                throw new FilterException(parser.scanner.Position, "a comma or the end is expected");
            }

            parser.scanner.Next();
            selectors.Add(parser.ParseSelector());
        }

        return selectors;
    }

    private Selector ParseSelector()
    {
        var begin = scanner.Position;
        var path = ParsePath();
        if (scanner.Peek() is null or { Value: ',' })
        {
            return new Selector(path, SelectorOperator.Present, "", begin);
        }

        var kind = ParseOperator();
        var value = scanner.Next();
        var text = value.Kind switch
        {
            TokenKind.Value or TokenKind.Field => value.Text,
            TokenKind.Quoted when value.Text[0] is '"' || kind is SelectorOperator.Matches => GoQuoted.Unquote(value.Text, value.Position),
            TokenKind.Quoted => throw new FilterException(value.Position, "only the value of ~= may stand between / or |"),
            _ => throw new FilterException(value.Position, "a value is expected"),
        };
        return new Selector(path, kind, text, begin)
        {
            Pattern = kind is SelectorOperator.Matches ? Re2Pattern.Parse(text, value.Position) : null,
        };
    }

    private List<string> ParsePath()
    {
        var path = new List<string> { ParseField() };
        while (scanner.Peek() is { Value: '.' })
        {
            scanner.Next();
            path.Add(ParseField());
        }

        return path;
    }

    private string ParseField()
    {
        var field = scanner.Next();
        return field.Kind switch
        {
            TokenKind.Field => field.Text,
            TokenKind.Quoted when field.Text[0] is '"' => GoQuoted.Unquote(field.Text, field.Position),
            _ => throw new FilterException(field.Position, "a field's name is expected, in double quotes where it holds more than letters, digits, '-' and '_'"),
        };
    }

    private SelectorOperator ParseOperator() => scanner.Next() switch
    {
        { Kind: TokenKind.Operator, Text: "==" } => SelectorOperator.Equal,
        { Kind: TokenKind.Operator, Text: "!=" } => SelectorOperator.NotEqual,
        { Kind: TokenKind.Operator, Text: "~=" } => SelectorOperator.Matches,
        var other => throw new FilterException(other.Position, "one of ==, != and ~= is expected"),
    };
}
