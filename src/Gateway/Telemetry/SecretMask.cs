using System.Text.RegularExpressions;

namespace Gateway.Telemetry;

/// <summary>
/// The last net under logs and spans: masks what looks like a credential. Code does not log secrets; messages of exceptions and of
/// registries, which others write, may still quote one.
/// </summary>
internal static partial class SecretMask
{
    private const string Mask = "[redacted]";

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

    // Five scans for every line would cost more than writing it; nearly all lines end here.
    private static bool MayHoldSecret(string text) =>
        text.Contains("://", StringComparison.Ordinal) || Hint().IsMatch(text);

    [GeneratedRegex(@"bearer|basic|password|passwd|secret|token|signature|sig=|authorization|api-?_?key|gwk_|eyj", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Hint();

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
