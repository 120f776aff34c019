using System.Buffers;

namespace Gateway.Oci.Registry;

/// <summary>One challenge of a <c>WWW-Authenticate</c> header.</summary>
internal sealed record Challenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    public bool Is(string scheme) => string.Equals(Scheme, scheme, StringComparison.OrdinalIgnoreCase);

    public string? this[string name] => Parameters.TryGetValue(name, out var value) ? value : null;
}

/// <summary>Parser of <c>WWW-Authenticate</c> (RFC 9110, 11.6.1): several challenges, commas inside and between, quoted strings with escapes.</summary>
/// <remarks>Never throws: what a hostile registry sends beyond the grammar or the bounds ends the reading, and what was understood until there counts.</remarks>
internal ref struct WwwAuthenticate
{
    public const int MaxLength = 8 * 1024; // characters
    public const int MaxChallenges = 8;
    public const int MaxParameters = 16;

    private static readonly SearchValues<char> TokenText =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private ReadOnlySpan<char> rest;

    /// <summary>The challenges in the order written.</summary>
    public static IReadOnlyList<Challenge> Parse(IEnumerable<string> headers)
    {
        var text = string.Join(", ", headers);
        return text.Length > MaxLength ? [] : new WwwAuthenticate { rest = text }.ReadAll();
    }

    private List<Challenge> ReadAll()
    {
        var challenges = new List<Challenge>();
        while (challenges.Count < MaxChallenges)
        {
            SkipSeparators();
            var scheme = ReadToken();
            if (scheme.Length is 0)
            {
                break;
            }

            challenges.Add(new Challenge(scheme, ReadParameters()));
        }

        return challenges;
    }

    private Dictionary<string, string> ReadParameters()
    {
        var parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (parameters.Count < MaxParameters)
        {
            SkipSeparators();
            var before = rest;
            var name = ReadToken();
            SkipBlanks();
            // A word without '=' begins the next challenge.
            if (name.Length is 0 || !rest.StartsWith('='))
            {
                rest = before;
                break;
            }

            rest = rest[1..];
            SkipBlanks();
            var value = rest.StartsWith('"') ? ReadQuoted() : ReadToken();
            if (value is null)
            {
                rest = [];
                break;
            }

            parameters.TryAdd(name, value);
        }

        return parameters;
    }

    private string? ReadQuoted()
    {
        var value = new System.Text.StringBuilder();
        for (var i = 1; i < rest.Length; i++)
        {
            switch (rest[i])
            {
                case '"':
                    rest = rest[(i + 1)..];
                    return value.ToString();
                case '\\' when i + 1 < rest.Length:
                    value.Append(rest[++i]);
                    break;
                default:
                    value.Append(rest[i]);
                    break;
            }
        }

        return null; // never closed
    }

    private string ReadToken()
    {
        var end = rest.IndexOfAnyExcept(TokenText);
        var token = end < 0 ? rest : rest[..end];
        rest = rest[token.Length..];
        return token.ToString();
    }

    private void SkipBlanks() => rest = rest.TrimStart(" \t");

    private void SkipSeparators() => rest = rest.TrimStart(" \t,");
}
