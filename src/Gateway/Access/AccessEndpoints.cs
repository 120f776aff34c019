using FluentValidation;
using Gateway.Auth;
using Gateway.Http;
using Gateway.OpenApi;

namespace Gateway.Access;

/// <summary>Routes of tag "Access". What grants access takes <c>admin</c> in all namespaces: a key could be given any grant.</summary>
internal static class AccessEndpoints
{
    public static void AddAccess(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<KeyRing>();
        builder.Services.AddSingleton<IValidator<CreateAccessKeyBody>, CreateAccessKeyValidator>();
        builder.Services.AddSingleton<IValidator<RotateAccessKeyBody>, RotateAccessKeyValidator>();
        builder.Services.AddSingleton<IValidator<CreateAccessGrantBody>, CreateAccessGrantValidator>();
    }

    public static void MapAccess(this IEndpointRouteBuilder v1)
    {
        var access = v1.MapGroup("/access").WithTags("Access");
        access.MapGet("/me", GetAccess.Handle).NeedsCaller().WithName("getAccess")
            .WithSummary("Who am I").WithDescription("The caller's subject, groups and grants.").Produces<CallerView>();
        MapKeys(access.MapGroup("/keys").Needs(Permission.Admin, everywhere: true));
        MapGrants(access.MapGroup("/grants").Needs(Permission.Admin, everywhere: true));
    }

    private static void MapKeys(RouteGroupBuilder keys)
    {
        keys.MapPost("", CreateAccessKey.Handle).Validates<CreateAccessKeyBody>().WithName("createAccessKey")
            .WithSummary("Make an API key").WithDescription("The answer is the only one that shows the key. Its subject is `key:` and its id.")
            .Produces<KeyView>(StatusCodes.Status201Created).Fails(409, 413, 415)
            .Example("""{"name": "team a's portal", "grants": [{"permissions": ["images:read", "images:pull"], "namespaces": ["team-a-*"]}], "expiresAt": "2030-01-01T00:00:00Z"}""");
        keys.MapGet("", ListAccessKeys.Handle).WithName("listAccessKeys")
            .WithSummary("List API keys").WithDescription("By id, those of the configuration too. No answer shows a secret.").Produces<Page<KeyView>>();
        keys.MapGet("/{key}", GetAccessKey.Handle).WithName("getAccessKey")
            .WithSummary("Get an API key").WithDescription("One key without its secret.").Produces<KeyView>().Produces(StatusCodes.Status304NotModified);
        keys.MapDelete("/{key}", DeleteAccessKey.Handle).WithName("deleteAccessKey")
            .WithSummary("Delete an API key").WithDescription("It is refused from the next request on. Keys of the configuration are deleted there.")
            .Produces(StatusCodes.Status204NoContent).Fails(409);
        keys.MapPost("/{key}/rotate", RotateAccessKey.Handle).Validates<RotateAccessKeyBody>().WithName("rotateAccessKey")
            .WithSummary("Give a key a new secret").WithDescription("The answer is the only one that shows it. The one before is taken for as long as `overlap` says; one that was replaced earlier ends at once.")
            .Produces<KeyView>().Fails(409, 413, 415).Example("""{"overlap": "24h"}""");
    }

    private static void MapGrants(RouteGroupBuilder grants)
    {
        grants.MapPost("", CreateAccessGrant.Handle).Validates<CreateAccessGrantBody>().WithName("createAccessGrant")
            .WithSummary("Grant permissions").WithDescription("To a subject or to a group, beside what the configuration grants. It holds from the next request on.")
            .Produces<GrantView>(StatusCodes.Status201Created).Fails(409, 413, 415)
            .Example("""{"group": "corp:team-a", "permissions": ["images:read", "images:pull"], "namespaces": ["team-a-*"]}""");
        grants.MapGet("", ListAccessGrants.Handle).WithName("listAccessGrants")
            .WithSummary("List grants").WithDescription("Those made over the API, by id.").Produces<Page<GrantView>>();
        grants.MapGet("/{grant}", GetAccessGrant.Handle).WithName("getAccessGrant")
            .WithSummary("Get a grant").WithDescription("One grant.").Produces<GrantView>().Produces(StatusCodes.Status304NotModified);
        grants.MapDelete("/{grant}", DeleteAccessGrant.Handle).WithName("deleteAccessGrant")
            .WithSummary("Take a grant back").WithDescription("It holds no more from the next request on.").Produces(StatusCodes.Status204NoContent);
    }
}
