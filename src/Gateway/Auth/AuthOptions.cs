namespace Gateway.Auth;

/// <summary>Section <c>Auth</c>.</summary>
internal sealed class AuthOptions
{
    public const string Section = "Auth";

    /// <summary>An admin's key, also <c>GATEWAY_BOOTSTRAP_KEY</c>. At least 32 characters. None: see <see cref="BootstrapKey"/>.</summary>
    public string? BootstrapKey { get; init; }

    /// <summary>Where the hash of a generated bootstrap key is kept; beside the job store where nothing is named.</summary>
    public string? StateFile { get; init; }

    /// <summary>API keys by their hashes.</summary>
    public IReadOnlyList<ApiKeyEntry> ApiKeys { get; init; } = [];

    /// <summary>Whose tokens are taken.</summary>
    public IReadOnlyList<IssuerEntry> Issuers { get; init; } = [];

    /// <summary>Where keys and grants lie that were made over the API; beside the job store where nothing is named.</summary>
    public string? AccessFile { get; init; }
}

/// <summary>One API key, <c>gwk_&lt;id&gt;_&lt;secret&gt;</c>, without its secret.</summary>
internal sealed class ApiKeyEntry
{
    /// <summary>1 to 32 of a-z and 0-9.</summary>
    public string Id { get; init; } = "";

    /// <summary>SHA-256 of the secret, 64 hex digits. A fast hash is right: the secret has 256 random bits.</summary>
    public string Sha256 { get; init; } = "";

    /// <summary>When it ends; never where absent.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public IReadOnlyList<GrantEntry> Grants { get; init; } = [];
}

/// <summary>Permissions in namespaces, for one subject or group where they come from a token.</summary>
internal sealed class GrantEntry
{
    public string? Subject { get; init; }

    public string? Group { get; init; }

    public IReadOnlyList<string> Permissions { get; init; } = [];

    public IReadOnlyList<string> Namespaces { get; init; } = [];

    /// <summary>Whether it holds for changes in `k8s.io` and `moby` too.</summary>
    public bool Protected { get; init; }

    public Grant ToGrant() => new(Permissions, Namespaces, Protected);
}

/// <summary>Whose tokens are taken, and what they may do.</summary>
internal sealed record IssuerEntry
{
    /// <summary>Begins the names of its subjects and groups: <c>corp:alice</c>. 1 to 32 of a-z, 0-9 and '-'; neither <c>key</c> nor <c>cert</c>.</summary>
    public string Name { get; init; } = "jwt";

    /// <summary>OIDC issuer whose discovery document names the keys; https, or http on loopback.</summary>
    public string? Authority { get; init; }

    /// <summary>The only issuer taken; the authority where absent.</summary>
    public string? Issuer { get; init; }

    /// <summary>The audience a token must be for.</summary>
    public string Audience { get; init; } = "";

    /// <summary>A file with a JSON Web Key Set, instead of discovery.</summary>
    public string? JwksFile { get; init; }

    /// <summary>Signature algorithms taken. Symmetric ones and none are refused at start.</summary>
    public IReadOnlyList<string> Algorithms { get; init; } = [];

    public string SubjectClaim { get; init; } = "sub";

    public string GroupsClaim { get; init; } = "groups";

    public IReadOnlyList<GrantEntry> Grants { get; init; } = [];

    /// <summary>The <c>iss</c> that its tokens must have.</summary>
    public string? ValidIssuer => Issuer ?? Authority;

    /// <summary>Whether the other differs in nothing but grants.</summary>
    public bool IsSameBut(IssuerEntry other) =>
        other.Algorithms.SequenceEqual(Algorithms, StringComparer.Ordinal) && this == other with { Algorithms = Algorithms, Grants = Grants };
}
