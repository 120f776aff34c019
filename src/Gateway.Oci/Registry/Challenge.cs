namespace Gateway.Oci.Registry;

/// <summary>One challenge of <c>WWW-Authenticate</c> (RFC 9110, 11.6.1).</summary>
internal sealed record Challenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    // A header is a stranger's; no registry needs more.
    private const int MaxHeaderLength = 4096;

    public string? this[string parameter] => Parameters.GetValueOrDefault(parameter);

    /// <summary>All challenges of the headers. What is malformed is left out.</summary>
    public static IReadOnlyList<Challenge> Parse(IEnumerable<string> headers)
    {
        var challenges = new List<Challenge>();
        foreach (var header in headers.Where(header => header.Length <= MaxHeaderLength))
        {
            Parse(header, challenges);
        }

        return challenges;
    }

    private static void Parse(string text, List<Challenge> into)
    {
        Dictionary<string, string>? parameters = null;
        var i = 0;
        while (i < text.Length)
        {
            i = Skip(text, i, " \t,");
            var word = Token(text, ref i);
            if (word.Length is 0)
            {
                return;
            }

            var afterBlanks = Skip(text, i, " \t");
            if (afterBlanks < text.Length && text[afterBlanks] is '=' && parameters is not null)
            {
                i = Skip(text, afterBlanks + 1, " \t");
                parameters[word.ToLowerInvariant()] = i < text.Length && text[i] is '"' ? Quoted(text, ref i) : Token(text, ref i);
            }
            else
            {
                parameters = new Dictionary<string, string>(StringComparer.Ordinal);
                into.Add(new Challenge(word.ToLowerInvariant(), parameters));
            }
        }
    }

    private static int Skip(string text, int i, string what)
    {
        while (i < text.Length && what.Contains(text[i]))
        {
            i++;
        }

        return i;
    }

    private static string Token(string text, ref int i)
    {
        var start = i;
        while (i < text.Length && !" \t,=\"".Contains(text[i]))
        {
            i++;
        }

        return text[start..i];
    }

    private static string Quoted(string text, ref int i)
    {
        var value = new System.Text.StringBuilder();
        for (i++; i < text.Length && text[i] is not '"'; i++)
        {
            if (text[i] is '\\' && i + 1 < text.Length)
            {
                i++;
            }

            value.Append(text[i]);
        }

        i++;
        return value.ToString();
    }
}
