using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Gateway.Oci;

/// <summary>An image reference in Docker's normal form, for example <c>docker.io/library/alpine:3.20</c>.</summary>
/// <remarks>
/// Grammar: distribution/reference v0.6 (domain, path, tag, digest). With a tag and a digest the digest decides and the tag is kept in the name.
/// </remarks>
public sealed partial record ImageReference
{
    /// <summary>Longest reference accepted, in characters: repository name 255, tag 128, sha512 digest 136, and separators.</summary>
    public const int MaxLength = 521;

    private const int MaxRepositoryLength = 255;

    private ImageReference(string domain, string path, string? tag, Digest? digest) => (Domain, Path, Tag, Digest) = (domain, path, tag, digest);

    /// <summary>Host with its optional port, for example <c>docker.io</c> or <c>127.0.0.1:5000</c>.</summary>
    public string Domain { get; }

    /// <summary>Repository path below the host, for example <c>library/alpine</c>.</summary>
    public string Path { get; }

    /// <summary>The tag, <c>latest</c> where neither tag nor digest was given.</summary>
    public string? Tag { get; }

    /// <summary>The digest, where one was given.</summary>
    public Digest? Digest { get; }

    /// <summary>The whole name as containerd stores it.</summary>
    public string Name => $"{Domain}/{Path}{(Tag is null ? "" : ":" + Tag)}{(Digest is null ? "" : "@" + Digest)}";

    /// <summary>What the registry is asked for: the digest where there is one, else the tag.</summary>
    public string Object => Digest?.ToString() ?? Tag!;

    /// <summary>Parses and normalises a reference, or throws <see cref="FormatException"/>.</summary>
    public static ImageReference Parse(string value) =>
        TryParse(value, out var reference) ? reference : throw new FormatException("not an image reference; an example is docker.io/library/alpine:3.20");

    /// <summary>Whether the text is a reference.</summary>
    public static bool IsValid(string? value) => TryParse(value, out _);

    /// <summary>Parses and normalises a reference the Docker way.</summary>
    public static bool TryParse([NotNullWhen(true)] string? value, [NotNullWhen(true)] out ImageReference? reference)
    {
        reference = null;
        if (value is null || value.Length is 0 or > MaxLength)
        {
            return false;
        }

        var match = Grammar().Match(value);
        // 64 hex digits alone are an image id, never a repository: distribution/reference refuses them for the same reason.
        if (!match.Success || (!value.Contains('/') && HexId().IsMatch(value)))
        {
            return false;
        }

        var (domain, path) = Normalise(match.Groups["name"].Value);
        var digestText = match.Groups["digest"].Value;
        Digest? digest = null;
        if (digestText.Length > 0)
        {
            if (!Oci.Digest.TryParse(digestText, out var parsed))
            {
                return false;
            }

            digest = parsed;
        }

        var tag = match.Groups["tag"].Success ? match.Groups["tag"].Value : digest is null ? "latest" : null;
        if (domain.Length + 1 + path.Length > MaxRepositoryLength || !DomainGrammar().IsMatch(domain) || !PathGrammar().IsMatch(path))
        {
            return false;
        }

        reference = new ImageReference(domain, path, tag, digest);
        return true;
    }

    /// <summary>The normalised name.</summary>
    public override string ToString() => Name;

    private static (string Domain, string Path) Normalise(string name)
    {
        var slash = name.IndexOf('/');
        var first = slash < 0 ? "" : name[..slash];
        var isHost = first.AsSpan().ContainsAny('.', ':') || first is "localhost" || first.Any(char.IsAsciiLetterUpper);
        var (domain, path) = isHost ? (first, name[(slash + 1)..]) : ("docker.io", name);
        domain = domain is "index.docker.io" ? "docker.io" : domain;
        return (domain, domain is "docker.io" && !path.Contains('/') ? "library/" + path : path);
    }

    // \z and not $: $ also matches before a final newline. Non-backtracking: the text comes from strangers.
    [GeneratedRegex(@"\A(?<name>[A-Za-z0-9.\-_/\[\]:]*?[a-z0-9])(:(?<tag>[A-Za-z0-9_][A-Za-z0-9_.\-]{0,127}))?(@(?<digest>[a-z0-9]+:[0-9a-f]+))?\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 250)]
    private static partial Regex Grammar();

    [GeneratedRegex(@"\A(([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9\-]*[a-zA-Z0-9])(\.([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9\-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:]+\])(:[0-9]{1,5})?\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 250)]
    private static partial Regex DomainGrammar();

    [GeneratedRegex(@"\A[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 250)]
    private static partial Regex PathGrammar();

    [GeneratedRegex(@"\A[0-9a-f]{64}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 250)]
    private static partial Regex HexId();
}
