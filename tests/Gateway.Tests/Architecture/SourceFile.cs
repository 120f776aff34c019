using System.Text.RegularExpressions;

namespace Gateway.Tests.Architecture;

/// <summary>A source file as the rules see it: where it stands, and which namespaces each line of code names.</summary>
/// <param name="Path">From the repository's root, with forward slashes: <c>src/Gateway/Jobs/JobStart.cs</c>.</param>
internal sealed partial record SourceFile(string Path, string Text)
{
    /// <summary><c>Gateway.Oci</c>, <c>Gateway.Containerd</c> or <c>Gateway</c>.</summary>
    public string Project => Path.Split('/')[1];

    /// <summary>The folder below the project, <c>Jobs</c>; empty for files at the project's root.</summary>
    public string Room => Path.Split('/') is [_, _, var room, _, ..] ? room : "";

    public int LineCount => Lines.Length;

    /// <summary>The types it declares.</summary>
    public IEnumerable<string> Types =>
        Lines.Select(Code).SelectMany(line => Declaration().Matches(line)).Select(match => match.Groups["name"].Value);

    /// <summary>The namespace it declares; null where there is none.</summary>
    public string? Namespace => Lines.Select(line => NamespaceLine().Match(line)).FirstOrDefault(match => match.Success)?.Groups["name"].Value;

    private string[] Lines => Text.TrimEnd('\n').Split('\n');

    /// <summary>Dotted names in using lines and elsewhere in the code, with their lines (from 1).</summary>
    public IEnumerable<(int Line, string Name)> Names() =>
        from numbered in Lines.Select((line, index) => (Line: index + 1, Code: Code(line)))
        where !NamespaceLine().IsMatch(numbered.Code)
        from Match match in DottedName().Matches(numbered.Code)
        select (numbered.Line, match.Value);

    public string LineAt(int line) => Lines[line - 1].Trim();

    // Good enough for this project's style: no block comments, and raw strings hold no code.
    private static string Code(string line) => Comment().Replace(StringLiteral().Replace(line, "\"\""), "");

    [GeneratedRegex(@"^\s*namespace\s+(?<name>[\w.]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(@"(?<![\w.""])[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DottedName();

    [GeneratedRegex(@"\b(class|record|struct|interface|enum)\s+(?<name>[A-Z]\w*)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"""(\\.|[^""\\])*""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex StringLiteral();

    [GeneratedRegex("//.*", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Comment();
}
