namespace Gateway.Auth;

/// <summary>The permission an endpoint declares. Read by the authorisation middleware, the start-up check and the OpenAPI document.</summary>
internal sealed record NeedsPermission(string Permission);

/// <summary>Marks an endpoint anyone may call: health, problem pages, the API document.</summary>
internal sealed record OpenToAnyone;

internal static class PermissionExtensions
{
    public static TBuilder Needs<TBuilder>(this TBuilder endpoint, string permission)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new NeedsPermission(permission));

    public static TBuilder IsOpenToAnyone<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new OpenToAnyone());
}
