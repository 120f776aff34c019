using System.Security.Cryptography;
using System.Text;
using Gateway.Oci;

namespace Gateway.Webhooks;

/// <summary>Signs messages as the Standard Webhooks specification says: HMAC-SHA256 over id, time and body.</summary>
internal static class WebhookSignature
{
    /// <summary>What a secret begins with; base64 of the key follows.</summary>
    public const string SecretPrefix = "whsec_";

    /// <summary>Bytes of a key, by the specification.</summary>
    public const int LeastKeyBytes = 24;

    public const int MostKeyBytes = 64;

    /// <summary>Longest secret, in characters.</summary>
    public const int MaxSecretLength = 6 + 88;

    public static Secret NewSecret() => SecretPrefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    /// <summary>The key in a secret; null where it is not one. .NET's base64 has room for white space, and others' has not.</summary>
    public static byte[]? KeyOf(Secret secret)
    {
        var (bytes, text) = (new byte[MostKeyBytes + 3], secret.Reveal());
        return text.Length <= MaxSecretLength && text.StartsWith(SecretPrefix, StringComparison.Ordinal) && !text.Any(char.IsWhiteSpace)
            && Convert.TryFromBase64String(text[SecretPrefix.Length..], bytes, out var length) && length is >= LeastKeyBytes and <= MostKeyBytes
            ? bytes[..length]
            : null;
    }

    /// <summary>Value of <c>webhook-signature</c>.</summary>
    /// <param name="timestamp">Seconds since 1970.</param>
    public static string Sign(byte[] key, string id, long timestamp, string body) =>
        $"v1,{Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{id}.{timestamp}.{body}")))}";
}
