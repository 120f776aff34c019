using System.Buffers;
using System.Globalization;
using System.Net;

namespace Gateway.Oci;

/// <summary>The parts of a reference, each read once from left to right: the text comes from strangers, so there is no backtracking.</summary>
/// <remarks>
/// distribution/reference v0.6, regexp.go. Narrower in two places, where the name could be parsed but never dialled: a port is 1 to 65535,
/// and brackets hold a real IPv6 address.
/// </remarks>
internal static class ReferenceGrammar
{
    private const int MaxTagLength = 128;
    private const int ImageIdLength = 64;
    private static readonly SearchValues<char> LowerAlphanumeric = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789");
    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");
    private static readonly SearchValues<char> Ipv6 = SearchValues.Create("0123456789abcdefABCDEF:");
    private static readonly SearchValues<char> HostLabel =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");

    private static readonly SearchValues<char> TagCharacter =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

    /// <summary>64 hex digits alone are an image id to every client, so they are no repository.</summary>
    public static bool IsImageId(ReadOnlySpan<char> value) => value.Length is ImageIdLength && !value.ContainsAnyExcept(LowerHex);

    public static bool IsTag(ReadOnlySpan<char> tag) =>
        tag.Length is > 0 and <= MaxTagLength && tag[0] is not ('.' or '-') && !tag.ContainsAnyExcept(TagCharacter);

    /// <summary>Host or bracketed IPv6 address, with an optional port.</summary>
    public static bool IsDomain(ReadOnlySpan<char> domain)
    {
        var colon = domain.LastIndexOf(':');
        var hasPort = colon > domain.LastIndexOf(']');
        if (hasPort && !IsPort(domain[(colon + 1)..]))
        {
            return false;
        }

        var host = hasPort ? domain[..colon] : domain;
        return host is ['[', .. var address, ']']
            ? !address.ContainsAnyExcept(Ipv6) && IPAddress.TryParse(address, out _)
            : All(host, '.', IsHostLabel);
    }

    /// <summary>Lower-case components between single slashes.</summary>
    public static bool IsPath(ReadOnlySpan<char> path) => All(path, '/', IsPathComponent);

    private static bool IsPort(ReadOnlySpan<char> port) =>
        port.Length is > 0 and <= 5 && ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0;

    private static bool IsHostLabel(ReadOnlySpan<char> label) =>
        !label.IsEmpty && label[0] is not '-' && label[^1] is not '-' && !label.ContainsAnyExcept(HostLabel);

    private static bool IsPathComponent(ReadOnlySpan<char> component)
    {
        if (component.IsEmpty || !LowerAlphanumeric.Contains(component[^1]))
        {
            return false;
        }

        // Runs of letters and digits, and of what separates them; the last run is known to be the former.
        for (var start = component.IndexOfAnyExcept(LowerAlphanumeric); start >= 0; start = component.IndexOfAnyExcept(LowerAlphanumeric))
        {
            var rest = component[start..];
            var length = rest.IndexOfAny(LowerAlphanumeric);
            if (start is 0 || !IsSeparator(rest[..length]))
            {
                return false;
            }

            component = rest[length..];
        }

        return true;
    }

    private static bool IsSeparator(ReadOnlySpan<char> text) => text is "." or "_" or "__" || !text.ContainsAnyExcept('-');

    private static bool All(ReadOnlySpan<char> text, char separator, Func<ReadOnlySpan<char>, bool> holds)
    {
        foreach (var part in text.Split(separator))
        {
            if (!holds(text[part]))
            {
                return false;
            }
        }

        return true;
    }
}
