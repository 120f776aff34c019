using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.Oci.Registry;

/// <summary>Makes a registry's own words fit to be shown: known secrets and what looks like one are masked, control characters escaped, length bounded.</summary>
/// <param name="credentials">The caller's.</param>
/// <param name="configured">Headers of the operator's that the hosts are sent.</param>
internal sealed partial class SecretMask(RegistryCredentials? credentials, IEnumerable<string> configured)
{
    private const int MaxLength = 200; // characters
    private const int LeastSecret = 8; // characters; a shorter word is no secret, and may be any word

    private readonly List<string> secrets =
    [
        .. new[] { credentials?.Password?.Reveal(), credentials?.IdentityToken?.Reveal(), credentials?.RegistryToken?.Reveal(), BasicOf(credentials) }
            .Concat(configured.SelectMany(PartsOf))
            .Where(secret => !string.IsNullOrEmpty(secret))
            .SelectMany(secret => new[] { secret!, Uri.EscapeDataString(secret!), Convert.ToBase64String(Encoding.UTF8.GetBytes(secret!)) }),
    ];

    /// <summary>The text with everything dangerous taken out. <paramref name="sent"/> is the secret the answered request carried, if it is not one of the credentials.</summary>
    public string Clean(string text, string? sent)
    {
        foreach (var secret in secrets.Append(sent).Where(secret => !string.IsNullOrEmpty(secret)))
        {
            text = text.Replace(secret!, "***", StringComparison.Ordinal);
        }

        var shown = new StringBuilder();
        foreach (var c in LooksSecret().Replace(text, "${name}***"))
        {
            if (shown.Length >= MaxLength)
            {
                break;
            }

            // Visible ASCII only: bidirectional controls and look-alikes have no business in an error message either.
            shown.Append(c is >= ' ' and <= '~' ? c.ToString() : $"\\u{(int)c:x4}");
        }

        return shown.ToString();
    }

    // A header of the operator's, whole and by its words: "Bearer" alone is told by nobody who quotes it.
    private static IEnumerable<string?> PartsOf(string header) => header.Split(' ').Where(word => word.Length >= LeastSecret).Prepend(header.Length >= LeastSecret ? header : null);

    private static string? BasicOf(RegistryCredentials? credentials) =>
        credentials?.Password is null ? null : Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credentials.Username}:{credentials.Password.Reveal()}"));

    [GeneratedRegex(@"(?<name>(?:authorization|token|X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token|signature|password|sig)[""']?\s*[=:]\s*[""']?(?:(?:Bearer|Basic)\s+)?)[^\s&""',;]+",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 250)]
    private static partial Regex LooksSecret();
}
