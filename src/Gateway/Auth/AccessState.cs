namespace Gateway.Auth;

/// <summary>Keys and grants that were made over the API.</summary>
internal sealed record AccessState(IReadOnlyDictionary<string, StoredKey> Keys, IReadOnlyDictionary<string, StoredGrant> Grants)
{
    public static AccessState Empty { get; } = new(
        new Dictionary<string, StoredKey>(StringComparer.Ordinal), new Dictionary<string, StoredGrant>(StringComparer.Ordinal));

    public AccessState With(StoredKey key) => this with { Keys = new Dictionary<string, StoredKey>(Keys, StringComparer.Ordinal) { [key.Id] = key } };

    public AccessState With(StoredGrant grant) => this with { Grants = new Dictionary<string, StoredGrant>(Grants, StringComparer.Ordinal) { [grant.Id] = grant } };

    public AccessState WithoutKey(string id) => this with { Keys = Keys.Where(pair => pair.Key != id).ToDictionary(StringComparer.Ordinal) };

    public AccessState WithoutGrant(string id) => this with { Grants = Grants.Where(pair => pair.Key != id).ToDictionary(StringComparer.Ordinal) };
}

/// <summary>An API key by the hashes of its secrets.</summary>
/// <param name="Secrets">The newest first; a rotated key has two for a while.</param>
/// <param name="LastUsedAt">To the minute; what came in the last minute before a crash is not in it.</param>
internal sealed record StoredKey(
    string Id, string Name, IReadOnlyList<Grant> Grants, IReadOnlyList<KeySecret> Secrets, string CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? LastUsedAt);

/// <param name="Sha256">Of the secret, 64 hex digits.</param>
/// <param name="EndsAt">When the next one has replaced it.</param>
internal sealed record KeySecret(string Sha256, DateTimeOffset? EndsAt);

/// <summary>What a subject or a group may do, whoever says who they are.</summary>
internal sealed record StoredGrant(string Id, string? Subject, string? Group, Grant Grant, string CreatedBy, DateTimeOffset CreatedAt);
