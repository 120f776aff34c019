namespace Gateway.Auth;

/// <summary>Who asks. Handlers take it as a parameter; it is there on every endpoint that declares a permission.</summary>
/// <param name="Subject">Stable name of the caller, for example <c>key:bootstrap</c> or a JWT's <c>sub</c> with its issuer.</param>
/// <param name="Grants">What the caller may do.</param>
internal sealed record Caller(string Subject, IReadOnlyList<Grant> Grants)
{
    /// <summary>Whether the caller holds the permission in the namespace (null: not bound to one).</summary>
    public bool May(string permission, string? @namespace) => Grants.Any(grant => grant.Allows(permission, @namespace));

    /// <summary>Minimal APIs bind the parameter with this.</summary>
    public static ValueTask<Caller?> BindAsync(HttpContext http) => ValueTask.FromResult(http.Features.Get<Caller>());
}

/// <summary>Permissions in namespaces. <c>admin</c> stands for every permission; a namespace pattern may end in <c>*</c>.</summary>
internal sealed record Grant(IReadOnlyList<string> Permissions, IReadOnlyList<string> Namespaces)
{
    public bool Allows(string permission, string? @namespace) =>
        (Permissions.Contains(permission, StringComparer.Ordinal) || Permissions.Contains(Permission.Admin, StringComparer.Ordinal))
        && (@namespace is null || Namespaces.Any(pattern => Matches(pattern, @namespace)));

    private static bool Matches(string pattern, string name) => pattern.EndsWith('*')
        ? name.StartsWith(pattern[..^1], StringComparison.Ordinal)
        : string.Equals(pattern, name, StringComparison.Ordinal);
}
