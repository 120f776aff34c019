using System.Text.Json.Serialization;

namespace Gateway.Auth;

/// <summary>Keys and grants that were made over the API.</summary>
internal sealed record AccessState(IReadOnlyDictionary<string, StoredKey> Keys, IReadOnlyDictionary<string, StoredGrant> Grants)
{
    public static AccessState Empty { get; } = new(
        new Dictionary<string, StoredKey>(StringComparer.Ordinal), new Dictionary<string, StoredGrant>(StringComparer.Ordinal));

    /// <summary>What each subject is granted: asked for with each request.</summary>
    [JsonIgnore]
    public ILookup<string, Grant> OfSubjects { get; } = Grants.Values.Where(grant => grant.Subject is not null).ToLookup(grant => grant.Subject!, grant => grant.Grant, StringComparer.Ordinal);

    /// <summary>What each group is granted.</summary>
    [JsonIgnore]
    public ILookup<string, Grant> OfGroups { get; } = Grants.Values.Where(grant => grant.Group is not null).ToLookup(grant => grant.Group!, grant => grant.Grant, StringComparer.Ordinal);

    public AccessState With(IEnumerable<StoredKey> keys)
    {
        var all = new Dictionary<string, StoredKey>(Keys, StringComparer.Ordinal);
        foreach (var key in keys)
        {
            all[key.Id] = key;
        }

        return new AccessState(all, Grants);
    }

    public AccessState With(StoredGrant grant) => new(Keys, new Dictionary<string, StoredGrant>(Grants, StringComparer.Ordinal) { [grant.Id] = grant });

    public AccessState WithoutKey(string id) => new(Keys.Where(pair => pair.Key != id).ToDictionary(StringComparer.Ordinal), Grants);

    public AccessState WithoutGrant(string id) => new(Keys, Grants.Where(pair => pair.Key != id).ToDictionary(StringComparer.Ordinal));
}

/// <summary>What an API key is judged by, wherever it stands.</summary>
/// <param name="Secrets">The newest first; a rotated key has two for a while.</param>
internal record KeyRule(IReadOnlyList<KeySecret> Secrets, DateTimeOffset? ExpiresAt, IReadOnlyList<Grant> Grants);

/// <summary>An API key that was made over the API.</summary>
/// <param name="LastUsedAt">To the minute; what came in the last minute before a crash is not in it.</param>
internal sealed record StoredKey(
    string Id, string Name, IReadOnlyList<KeySecret> Secrets, DateTimeOffset? ExpiresAt, IReadOnlyList<Grant> Grants, string CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt)
    : KeyRule(Secrets, ExpiresAt, Grants);

/// <param name="Sha256">Of the secret.</param>
/// <param name="EndsAt">When the next one has replaced it.</param>
internal sealed record KeySecret(byte[] Sha256, DateTimeOffset? EndsAt)
{
    public static KeySecret FromHex(string sha256) => new(Convert.FromHexString(sha256), EndsAt: null);
}

/// <summary>What a subject or a group may do, whoever says who they are.</summary>
internal sealed record StoredGrant(string Id, string? Subject, string? Group, Grant Grant, string CreatedBy, DateTimeOffset CreatedAt);
