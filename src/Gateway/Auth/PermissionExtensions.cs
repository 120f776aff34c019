namespace Gateway.Auth;

/// <summary>What an endpoint declares. Read by the authorisation middleware, the start-up check and the OpenAPI document.</summary>
/// <param name="Permission">Null: every caller may.</param>
/// <param name="OwnerMay">
/// Whether a caller without the permission may call it for what is its own: the endpoint itself then narrows to that.
/// </param>
/// <param name="Everywhere">Whether the permission must hold in all namespaces, as for what concerns them all.</param>
internal sealed record NeedsPermission(string? Permission, bool OwnerMay = false, bool Everywhere = false);

/// <summary>Marks an endpoint anyone may call: health, problem pages, the API document.</summary>
internal sealed record OpenToAnyone;

internal static class PermissionExtensions
{
    public static TBuilder Needs<TBuilder>(this TBuilder endpoint, string permission, bool ownerMay = false, bool everywhere = false)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new NeedsPermission(permission, ownerMay, everywhere));

    /// <summary>Any caller with valid credentials may call it.</summary>
    public static TBuilder NeedsCaller<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new NeedsPermission(null));

    public static TBuilder IsOpenToAnyone<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new OpenToAnyone());
}
