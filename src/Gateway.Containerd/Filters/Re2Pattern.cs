using System.Text.RegularExpressions;

namespace Gateway.Containerd.Filters;

/// <summary>A regular expression in RE2's syntax, as Go's regexp takes it.</summary>
/// <remarks>
/// Whether it is one is always told. Those made of literals, classes of the basic plane, groups, alternatives, repetitions and anchors
/// are written anew for .NET's linear-time engine, where they mean the same; for all others containerd has to be asked.
/// </remarks>
internal sealed class Re2Pattern
{
    private readonly Regex? regex;

    private Re2Pattern(Regex? regex) => this.regex = regex;

    /// <summary>Whether it can be matched here.</summary>
    public bool IsLocal => regex is not null;

    /// <param name="pattern">The expression, its quotes taken off.</param>
    /// <param name="position">Where in the filter it stands.</param>
    public static Re2Pattern Parse(string pattern, int position)
    {
        string? translated;
        try
        {
            translated = Re2Parser.Translate(pattern);
        }
        catch (FormatException refused)
        {
            throw new FilterException(position, $"this is no regular expression of RE2: {refused.Message}");
        }

        return new Re2Pattern(translated is null ? null : Compile(translated));
    }

    public bool IsMatch(string value) => regex!.IsMatch(value);

    private static Regex? Compile(string pattern)
    {
        try
        {
            // Linear in the input by construction, so without a time limit.
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture);
        }
        catch (NotSupportedException)
        {
            // Its automaton would be too large for .NET.
            return null;
        }
    }
}
