using FluentValidation;
using Gateway.Auth;
using Gateway.Http;
using Gateway.OpenApi;

namespace Gateway.Namespaces;

/// <summary>Routes of tag "Namespaces".</summary>
internal static class NamespaceEndpoints
{
    public static void AddNamespaces(this IHostApplicationBuilder builder) =>
        builder.Services.AddSingleton<IValidator<CreateNamespaceBody>, CreateNamespaceValidator>();

    public static void MapNamespaces(this IEndpointRouteBuilder v1)
    {
        var namespaces = v1.MapGroup("/namespaces").WithTags("Namespaces");

        namespaces.MapGet("", ListNamespaces.Handle).Needs(Permission.NamespacesRead).WithName("listNamespaces")
            .WithSummary("List namespaces").WithDescription("The namespaces the caller may read, by name.").Produces<Page<NamespaceView>>();
        namespaces.MapPost("", CreateNamespace.Handle).Needs(Permission.NamespacesWrite).Validates<CreateNamespaceBody>().WithName("createNamespace")
            .WithSummary("Create a namespace").WithDescription("Most need not be created: a namespace comes with its first image.")
            .Produces<NamespaceView>(StatusCodes.Status201Created).Fails(409, 413, 415).Example("""{"name": "team-a", "labels": {"owner": "a"}}""");
        namespaces.MapGet("/{namespace}", GetNamespace.Handle).Needs(Permission.NamespacesRead).WithName("getNamespace")
            .WithSummary("Get a namespace").WithDescription("One namespace with its labels.").Produces<NamespaceView>().Produces(StatusCodes.Status304NotModified);
        namespaces.MapPatch("/{namespace}", UpdateNamespace.Handle).Needs(Permission.NamespacesWrite).WithName("updateNamespace")
            .WithSummary("Change a namespace's labels").WithDescription("A JSON Merge Patch (RFC 7396): a null removes a label, labels that are not named stay.")
            .Produces<NamespaceView>().Fails(412, 413, 415).Example("""{"labels": {"owner": "b", "old": null}}""");
        namespaces.MapDelete("/{namespace}", DeleteNamespace.Handle).Needs(Permission.NamespacesWrite).WithName("deleteNamespace")
            .WithSummary("Delete a namespace").WithDescription("Only an empty one goes: images, containers, snapshots, content and leases hold it.")
            .Produces(StatusCodes.Status204NoContent).Fails(409, 412);
    }
}
