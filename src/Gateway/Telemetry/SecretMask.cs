using System.Buffers;
using System.Text.RegularExpressions;

namespace Gateway.Telemetry;

/// <summary>
/// The last net under logs and spans: masks what looks like a credential. Code does not log secrets; messages of exceptions and of
/// registries, which others write, may still quote one.
/// </summary>
internal static partial class SecretMask
{
    private const string Mask = "[redacted]";

    private static readonly SearchValues<string> Hints = SearchValues.Create(
        ["bearer", "basic", "password", "passwd", "secret", "token", "signature", "sig", "authorization", "apikey", "api-", "api_", "gwk_", "eyj"], StringComparison.OrdinalIgnoreCase);

    /// <summary>The text with credentials masked; the same instance where there are none.</summary>
    public static string Apply(string text)
    {
        if (!MayHoldSecret(text))
        {
            return text;
        }

        var masked = UserInfo().Replace(text, $"://{Mask}@");
        masked = Query().Replace(masked, $"${{url}}?{Mask}");
        masked = Scheme().Replace(masked, $"${{scheme}} {Mask}");
        masked = Named().Replace(masked, $"${{name}}{Mask}");
        masked = Token().Replace(masked, Mask);
        return string.Equals(masked, text, StringComparison.Ordinal) ? text : masked;
    }

    // Five scans for every line would cost more than writing it; nearly all lines end here, and a process that starts builds none of the patterns.
    private static bool MayHoldSecret(string text) =>
        text.AsSpan().ContainsAny(Hints) || (text.Contains("://", StringComparison.Ordinal) && text.AsSpan().ContainsAny('@', '?'));

    [GeneratedRegex(@"://[^/\s@""']+@", RegexOptions.NonBacktracking)]
    private static partial Regex UserInfo();

    [GeneratedRegex(@"(?<url>://[^?\s""']+)\?[^\s""']+", RegexOptions.NonBacktracking)]
    private static partial Regex Query();

    [GeneratedRegex(@"\b(?<scheme>bearer|basic) +[A-Za-z0-9+/=._~-]{6,}", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Scheme();

    [GeneratedRegex(
        @"(?<name>(?:password|passwd|secret|[a-z_-]*token|x-amz-signature|signature|\bsig|api-?_?key)[""']?\s*[=:]\s*[""']?)[^\s""'&,;}]+",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Named();

    // The gateway's own keys, and JWTs wherever they stand.
    [GeneratedRegex(@"\bgwk_[A-Za-z0-9_-]+|\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*", RegexOptions.NonBacktracking)]
    private static partial Regex Token();
}
