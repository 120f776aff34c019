using Gateway.Auth;

namespace Gateway.Access;

/// <summary>A grant to a subject or to a group.</summary>
internal sealed record GrantView
{
    /// <summary>Its name.</summary>
    public required string Id { get; init; }

    /// <summary>Whose: as `GET /v1/access/me` tells it.</summary>
    public string? Subject { get; init; }

    /// <summary>Of which group: its issuer's name, `:`, and what its tokens call it.</summary>
    public string? Group { get; init; }

    /// <summary>What is granted.</summary>
    public required IReadOnlyList<string> Permissions { get; init; }

    /// <summary>Where: names, beginnings of names and `*`.</summary>
    public required IReadOnlyList<string> Namespaces { get; init; }

    /// <summary>Whether it holds for changes in `k8s.io` and `moby` too.</summary>
    public required bool Protected { get; init; }

    /// <summary>The subject that made it.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    public static GrantView From(StoredGrant grant) => new()
    {
        Id = grant.Id,
        Subject = grant.Subject,
        Group = grant.Group,
        Permissions = grant.Grant.Permissions,
        Namespaces = grant.Grant.Namespaces,
        Protected = grant.Grant.Protected,
        CreatedBy = grant.CreatedBy,
        CreatedAt = grant.CreatedAt,
    };
}
