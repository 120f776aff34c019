using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.Auth;

/// <summary>The API keys that are taken: the bootstrap key, those of the configuration, and those made over the API. Only hashes are held.</summary>
internal sealed partial class ApiKeys(CurrentAuth auth, AccessStore access, KeyUse use, BootstrapKey bootstrap, TimeProvider time)
{
    public const string Prefix = "gwk_";
    private const string SubjectPrefix = "key:";
    private const string BootstrapId = "bootstrap";

    private static readonly byte[] Dummy = SHA256.HashData("no such key"u8);
    private static readonly Grant[] Everything = [new([Permission.Admin], [Grant.Everywhere])];

    /// <summary>The caller a key stands for, or null. Takes the same work whether the id is known or not.</summary>
    public Caller? Find(string key)
    {
        // The whole key's hash: the operator may have chosen any text for it.
        var isBootstrap = CryptographicOperations.FixedTimeEquals(Hash(key), bootstrap.Hash ?? Dummy) && bootstrap.Hash is not null;
        var match = Format().Match(key);
        var id = match.Groups["id"].Value;
        var stored = match.Success ? access.State.Keys.GetValueOrDefault(id) : null;
        var rule = match.Success ? auth.Keys.GetValueOrDefault(id) ?? stored : null;
        var isKey = IsTaken(rule, Hash(match.Groups["secret"].Value));
        if (isKey && rule == stored)
        {
            use.Note(id);
        }

        return isBootstrap ? access.CallerOf(SubjectPrefix + BootstrapId, [], Everything) : isKey ? access.CallerOf(SubjectPrefix + id, [], rule!.Grants) : null;
    }

    /// <summary>The caller whose subject is a key's, without the key: with no grants where the key is gone or over. Null for other subjects.</summary>
    public Caller? CallerOf(string subject)
    {
        if (!subject.StartsWith(SubjectPrefix, StringComparison.Ordinal))
        {
            return null;
        }

        var id = subject[SubjectPrefix.Length..];
        var rule = auth.Keys.GetValueOrDefault(id) ?? access.State.Keys.GetValueOrDefault(id);
        return id is BootstrapId && bootstrap.Hash is not null ? access.CallerOf(subject, [], Everything)
            : rule is null || rule.ExpiresAt <= time.GetUtcNow() ? new Caller(subject, [])
            : access.CallerOf(subject, [], rule.Grants);
    }

    /// <summary>A new key and the hash of its secret, in hex.</summary>
    public static (string Key, string Sha256) Make(string id)
    {
        var secret = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        return ($"{Prefix}{id}_{secret}", Convert.ToHexStringLower(Hash(secret)));
    }

    // Two secrets are compared whether there are any or not: the second is one that was replaced, for as long as it is still taken.
    private bool IsTaken(KeyRule? rule, byte[] hash)
    {
        var now = time.GetUtcNow();
        var isTaken = false;
        for (var i = 0; i < 2; i++)
        {
            var secret = rule?.Secrets.ElementAtOrDefault(i);
            isTaken |= CryptographicOperations.FixedTimeEquals(hash, secret?.Sha256 ?? Dummy) && secret is not null && !(secret.EndsAt <= now);
        }

        return isTaken && !(rule!.ExpiresAt <= now);
    }

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    [GeneratedRegex(@"\Agwk_(?<id>[a-z0-9]{1,32})_(?<secret>[A-Za-z0-9_-]{43})\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 250)]
    private static partial Regex Format();
}
