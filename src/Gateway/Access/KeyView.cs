using Gateway.Auth;

namespace Gateway.Access;

/// <summary>An API key.</summary>
internal sealed record KeyView
{
    /// <summary>Its subject is `key:` and this.</summary>
    public required string Id { get; init; }

    /// <summary>What it is for; absent for keys of the configuration.</summary>
    public string? Name { get; init; }

    /// <summary>The key itself. Only the answer that made it shows it.</summary>
    public string? Key { get; init; }

    /// <summary>What it may do, beside what is granted to its subject.</summary>
    public required IReadOnlyList<GrantBody> Grants { get; init; }

    /// <summary>Whether it stands in the configuration, where alone it can be changed.</summary>
    public required bool Configured { get; init; }

    /// <summary>The subject that made it; absent for keys of the configuration.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>When it was made; absent for keys of the configuration.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>When it ends; absent where it does not.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When a request last came with it, to the minute; absent for keys of the configuration.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>Until when the secret before the last rotation is still taken.</summary>
    public DateTimeOffset? ReplacedSecretEndsAt { get; init; }

    public static KeyView From(StoredKey key, DateTimeOffset? lastUsedAt, DateTimeOffset now, string? secret = null) => new()
    {
        Id = key.Id,
        Name = key.Name,
        Key = secret,
        Grants = [.. key.Grants.Select(GrantBody.From)],
        Configured = false,
        CreatedBy = key.CreatedBy,
        CreatedAt = key.CreatedAt,
        ExpiresAt = key.ExpiresAt,
        LastUsedAt = lastUsedAt,
        ReplacedSecretEndsAt = key.Secrets.ElementAtOrDefault(1)?.EndsAt is { } end && end > now ? end : null,
    };

    public static KeyView From(string id, KeyRule configured) => new()
    {
        Id = id,
        Grants = [.. configured.Grants.Select(GrantBody.From)],
        Configured = true,
        ExpiresAt = configured.ExpiresAt,
    };
}
