using FluentValidation;
using Gateway.Auth;
using Gateway.Http;

namespace Gateway.Namespaces;

/// <summary>Routes of tag "Namespaces".</summary>
internal static class NamespaceEndpoints
{
    public static void AddNamespaces(this IHostApplicationBuilder builder) =>
        builder.Services.AddSingleton<IValidator<CreateNamespaceBody>, CreateNamespaceValidator>();

    public static void MapNamespaces(this IEndpointRouteBuilder v1)
    {
        var namespaces = v1.MapGroup("/namespaces").WithTags("Namespaces");

        namespaces.MapGet("", ListNamespaces.Handle).Needs(Permission.NamespacesRead).WithName("listNamespaces");
        namespaces.MapPost("", CreateNamespace.Handle).Needs(Permission.NamespacesWrite).Validates<CreateNamespaceBody>().WithName("createNamespace");
        namespaces.MapGet("/{namespace}", GetNamespace.Handle).Needs(Permission.NamespacesRead).WithName("getNamespace");
        namespaces.MapPatch("/{namespace}", UpdateNamespace.Handle).Needs(Permission.NamespacesWrite).WithName("updateNamespace");
        namespaces.MapDelete("/{namespace}", DeleteNamespace.Handle).Needs(Permission.NamespacesWrite).WithName("deleteNamespace");
    }
}
