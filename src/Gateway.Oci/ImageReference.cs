using System.Diagnostics.CodeAnalysis;

namespace Gateway.Oci;

/// <summary>An image reference in Docker's normal form, for example <c>docker.io/library/alpine:3.20</c>.</summary>
/// <remarks>
/// Grammar and normal form: distribution/reference v0.6, narrowed where a name it takes can never be fetched (<see cref="ReferenceGrammar"/>).
/// With a tag and a digest the digest decides and the tag is kept in the name.
/// </remarks>
public sealed record ImageReference
{
    /// <summary>Longest reference accepted, in characters: repository name 255, tag 128, sha512 digest 135, and two separators.</summary>
    public const int MaxLength = 520;

    /// <summary>Longest <c>domain/path</c>, in characters: what distribution-spec v1.1 ("Pull") names as the limit of many clients.</summary>
    private const int MaxRepositoryLength = 255;

    private const string DefaultDomain = "docker.io";
    private const string LegacyDomain = "index.docker.io";
    private const string OfficialPrefix = "library/";
    private const string DefaultTag = "latest";

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
        TryParse(value, out var reference)
            ? reference
            : throw new FormatException("not an image reference; an example is docker.io/library/alpine:3.20");

    /// <summary>Whether the text is a reference.</summary>
    public static bool IsValid(string? value) => TryParse(value, out _);

    /// <summary>Parses and normalises a reference the Docker way.</summary>
    public static bool TryParse([NotNullWhen(true)] string? value, [NotNullWhen(true)] out ImageReference? reference)
    {
        reference = null;
        if (value is null || value.Length is 0 or > MaxLength || ReferenceGrammar.IsImageId(value))
        {
            return false;
        }

        var (name, tag, digestText) = Split(value);
        Digest? digest = Oci.Digest.TryParse(digestText, out var parsed) ? parsed : null;
        var (domain, path) = Normalise(name);
        if ((digestText is not null && digest is null)
            || (tag is not null && !ReferenceGrammar.IsTag(tag))
            || domain.Length + 1 + path.Length > MaxRepositoryLength
            || !ReferenceGrammar.IsDomain(domain)
            || !ReferenceGrammar.IsPath(path))
        {
            return false;
        }

        reference = new ImageReference(domain, path, tag ?? (digest is null ? DefaultTag : null), digest);
        return true;
    }

    /// <summary>The normalised name.</summary>
    public override string ToString() => Name;

    // No part is checked here: a digest begins at the first '@', a tag at the last ':' that no '/' follows (before a '/' it is a port's).
    private static (string Name, string? Tag, string? Digest) Split(string value)
    {
        var at = value.IndexOf('@');
        var named = at < 0 ? value : value[..at];
        var colon = named.LastIndexOf(':');
        var hasTag = colon > named.LastIndexOf('/');
        return (hasTag ? named[..colon] : named, hasTag ? named[(colon + 1)..] : null, at < 0 ? null : value[(at + 1)..]);
    }

    // The first component is a host where it cannot be a path component: it holds a dot, a port or upper case, or is localhost.
    private static (string Domain, string Path) Normalise(string name)
    {
        var slash = name.IndexOf('/');
        var first = slash < 0 ? "" : name[..slash];
        var isHost = first is "localhost" || first.AsSpan().ContainsAny('.', ':') || first.AsSpan().ContainsAnyInRange('A', 'Z');
        var (domain, path) = isHost ? (first, name[(slash + 1)..]) : (DefaultDomain, name);
        domain = domain is LegacyDomain ? DefaultDomain : domain;
        return (domain, domain is DefaultDomain && !path.Contains('/') ? OfficialPrefix + path : path);
    }
}
