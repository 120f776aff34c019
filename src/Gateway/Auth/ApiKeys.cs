using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.Auth;

/// <summary>The API keys that are taken: the bootstrap key, those of the configuration, and those made over the API. Only hashes are held.</summary>
internal sealed partial class ApiKeys(CurrentAuth auth, AccessStore access, KeyUse use, BootstrapKey bootstrap, TimeProvider time)
{
    public const string Prefix = "gwk_";
    public const string SubjectPrefix = "key:";

    private const string BootstrapSubject = SubjectPrefix + "bootstrap";

    private static readonly byte[] Dummy = SHA256.HashData("no such key"u8);
    private static readonly Grant Everything = new([Permission.Admin], [Grant.Everywhere]);

    /// <summary>The caller a key stands for, or null. Takes the same work whether the id is known or not.</summary>
    public Caller? Find(string key)
    {
        // The whole key's hash: the operator may have chosen any text for it.
        var isBootstrap = CryptographicOperations.FixedTimeEquals(Hash(key), bootstrap.Hash ?? Dummy) && bootstrap.Hash is not null;
        var match = Format().Match(key);
        var (id, hash) = (match.Groups["id"].Value, Hash(match.Groups["secret"].Value));
        var configured = match.Success ? Configured(id, hash) : Matches(hash, null);
        var stored = match.Success ? Stored(id, hash) : Matches(hash, null) | Matches(hash, null);
        if (isBootstrap)
        {
            return access.CallerOf(BootstrapSubject, [], [Everything]);
        }

        if (stored)
        {
            use.Note(id);
        }

        return !configured && !stored ? null : access.CallerOf(SubjectPrefix + id, [], configured
            ? auth.Options.ApiKeys.First(entry => entry.Id == id).Grants.Select(grant => grant.ToGrant())
            : access.State.Keys.GetValueOrDefault(id)?.Grants ?? []);
    }

    /// <summary>A new key and the hash of its secret.</summary>
    public static (string Key, string Sha256) Make(string id)
    {
        var secret = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        return ($"{Prefix}{id}_{secret}", Convert.ToHexStringLower(Hash(secret)));
    }

    private bool Configured(string id, byte[] hash)
    {
        var entry = auth.Options.ApiKeys.FirstOrDefault(entry => entry.Id == id);
        return Matches(hash, entry?.Sha256) && IsValid(entry!.ExpiresAt);
    }

    // Two secrets at most: the other one is the one that was replaced, for as long as it is still taken.
    private bool Stored(string id, byte[] hash)
    {
        var entry = access.State.Keys.GetValueOrDefault(id);
        var (newest, replaced) = (entry?.Secrets.ElementAtOrDefault(0), entry?.Secrets.ElementAtOrDefault(1));
        var isNewest = Matches(hash, newest?.Sha256);
        var isReplaced = Matches(hash, replaced?.Sha256);
        return ((isNewest && IsValid(newest!.EndsAt)) || (isReplaced && IsValid(replaced!.EndsAt))) && IsValid(entry!.ExpiresAt);
    }

    private bool IsValid(DateTimeOffset? end) => end is null || end > time.GetUtcNow();

    private static bool Matches(byte[] hash, string? sha256) =>
        CryptographicOperations.FixedTimeEquals(hash, sha256 is null ? Dummy : Convert.FromHexString(sha256)) && sha256 is not null;

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    [GeneratedRegex(@"\Agwk_(?<id>[a-z0-9]{1,32})_(?<secret>[A-Za-z0-9_-]{43})\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 250)]
    private static partial Regex Format();
}
