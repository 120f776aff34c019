namespace Gateway.Auth;

/// <summary>Who asks. Handlers take it as a parameter; it is there on every endpoint that declares a permission.</summary>
/// <param name="Subject">Stable name of the caller: <c>key:bootstrap</c>, or the issuer's name and a token's subject.</param>
/// <param name="Grants">What the caller may do.</param>
internal sealed record Caller(string Subject, IReadOnlyList<Grant> Grants)
{
    /// <summary>What a token says the caller belongs to, each with its issuer's name.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>Whether the caller holds the permission in the namespace (null: in any; <see cref="Grant.Everywhere"/>: in all).</summary>
    public bool May(string permission, string? @namespace) => Grants.Any(grant => grant.Allows(permission, @namespace));

    /// <summary>Minimal APIs bind the parameter with this.</summary>
    public static ValueTask<Caller?> BindAsync(HttpContext http) => ValueTask.FromResult(http.Features.Get<Caller>());
}
