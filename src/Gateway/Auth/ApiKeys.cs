using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace Gateway.Auth;

/// <summary>The API keys that are taken: those of the configuration and the bootstrap key. Only hashes are held.</summary>
internal sealed partial class ApiKeys
{
    public const string Prefix = "gwk_";

    private static readonly byte[] Dummy = SHA256.HashData("no such key"u8);
    private readonly Dictionary<string, Entry> byId = new(StringComparer.Ordinal);
    private readonly byte[]? bootstrap;
    private readonly TimeProvider time;

    public ApiKeys(IOptions<AuthOptions> options, BootstrapKey bootstrapKey, TimeProvider time)
    {
        this.time = time;
        bootstrap = bootstrapKey.Hash;
        foreach (var key in options.Value.ApiKeys)
        {
            byId[key.Id] = new Entry(Convert.FromHexString(key.Sha256), key.ExpiresAt, new Caller($"key:{key.Id}", key.Grants.Select(grant => grant.ToGrant()).ToArray()));
        }
    }

    private static Caller BootstrapCaller { get; } = new("key:bootstrap", [new Grant([Permission.Admin], ["*"])]);

    /// <summary>The caller a key stands for, or null. Takes the same work whether the id is known or not.</summary>
    public Caller? Find(string key)
    {
        // The whole key's hash: the operator may have chosen any text for it.
        var isBootstrap = CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(key)), bootstrap ?? Dummy) && bootstrap is not null;
        var match = Format().Match(key);
        var entry = match.Success ? byId.GetValueOrDefault(match.Groups["id"].Value) : null;
        var isKey = CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(match.Groups["secret"].Value)), entry?.Hash ?? Dummy) && entry is not null;
        return isBootstrap ? BootstrapCaller : isKey && (entry!.ExpiresAt is null || entry.ExpiresAt > time.GetUtcNow()) ? entry.Caller : null;
    }

    /// <summary>A new key and the hash of its secret.</summary>
    public static (string Key, string Sha256) Make(string id)
    {
        var secret = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        return ($"{Prefix}{id}_{secret}", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret))));
    }

    [GeneratedRegex(@"\Agwk_(?<id>[a-z0-9]{1,32})_(?<secret>[A-Za-z0-9_-]{43})\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 250)]
    private static partial Regex Format();

    private sealed record Entry(byte[] Hash, DateTimeOffset? ExpiresAt, Caller Caller);
}
