using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.TestKit;

/// <summary>
/// The tests' secrets. Each holds a mark that stands nowhere else, so that a leak is found without knowing whose secret it was: the kit searches every
/// answer, every export of telemetry, and the log and the files of every gateway and containerd that it ends. Secrets that the gateway makes are known by their form.
/// </summary>
public static partial class Canary
{
    /// <summary>Letters and digits only: no encoding of text changes it but those that <see cref="Forms"/> gives.</summary>
    public const string Mark = "c4n4ryQx8vZk";

    private static readonly SearchValues<string> Marks = SearchValues.Create([.. Forms(Mark)], StringComparison.Ordinal);

    /// <summary>A secret that no other test has.</summary>
    public static string New() => Mark + Guid.NewGuid().ToString("N");

    /// <summary>How a secret may stand in something: as it is, in hex, and in base64 from any place of the text that was encoded.</summary>
    public static IEnumerable<string> Forms(string secret)
    {
        var bytes = Encoding.UTF8.GetBytes(secret);
        yield return secret;
        yield return Convert.ToHexString(bytes);
        yield return Convert.ToHexStringLower(bytes);
        for (var before = 0; before < 3; before++)
        {
            // Of its first and last characters some bits are the neighbours'.
            var encoded = Convert.ToBase64String([.. new byte[before], .. bytes]);
            var form = encoded[(((before * 8) + 5) / 6)..((before + bytes.Length) * 8 / 6)];
            yield return form;
            if (form.AsSpan().ContainsAny('+', '/'))
            {
                yield return form.Replace('+', '-').Replace('/', '_');
            }
        }
    }

    /// <summary>The tests' secrets in a text, each with what stands around it.</summary>
    public static IReadOnlyList<string> Given(string text) => text.AsSpan().IndexOfAny(Marks) is >= 0 and var at ? [Around(text, at)] : [];

    /// <summary>The tests' secrets, and anything that has the form of a key, of a webhook's secret or of a signed token.</summary>
    public static IReadOnlyList<string> Any(string text) => [.. Given(text), .. MadeSecret().Matches(text).Select(match => Around(text, match.Index))];

    /// <summary>What <see cref="Any"/> finds in a place, told with its name.</summary>
    public static IEnumerable<string> LeaksOf(string place, byte[] content) => Any(Encoding.Latin1.GetString(content)).Select(leak => $"a secret stands in {place}: {leak}");

    /// <inheritdoc cref="LeaksOf(string,byte[])"/>
    public static IEnumerable<string> LeaksOf(string place, string content) => Any(content).Select(leak => $"a secret stands in {place}: {leak}");

    /// <summary>Fails the test over what was found.</summary>
    public static void ThrowIfAny(IReadOnlyCollection<string> leaks)
    {
        if (leaks.Count > 0)
        {
            throw new InvalidOperationException(string.Join('\n', leaks));
        }
    }

    private static string Around(string text, int at) => text[Math.Max(0, at - 80)..Math.Min(text.Length, at + 80)];

    [GeneratedRegex(@"gwk_[a-z0-9]{1,32}_[\w-]{43}|whsec_[A-Za-z0-9+/]{32,}|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}")]
    private static partial Regex MadeSecret();
}
