namespace Gateway.Auth;

/// <summary>The permission an endpoint declares. Read by the authorisation middleware, the start-up check and the OpenAPI document.</summary>
/// <param name="OwnerMay">
/// Whether a caller without the permission may call it for what is its own: the endpoint itself then narrows to that.
/// </param>
internal sealed record NeedsPermission(string Permission, bool OwnerMay = false);

/// <summary>Marks an endpoint anyone may call: health, problem pages, the API document.</summary>
internal sealed record OpenToAnyone;

internal static class PermissionExtensions
{
    public static TBuilder Needs<TBuilder>(this TBuilder endpoint, string permission, bool ownerMay = false)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new NeedsPermission(permission, ownerMay));

    public static TBuilder IsOpenToAnyone<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new OpenToAnyone());
}
