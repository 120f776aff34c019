using Gateway.Auth;
using Gateway.Http;
using Gateway.Images.Pull;

namespace Gateway.Images;

/// <summary>Routes of tag "Images", under <c>/v1/namespaces/{namespace}/images</c>.</summary>
internal static class ImageEndpoints
{
    public static void MapImages(this IEndpointRouteBuilder inNamespace)
    {
        var images = inNamespace.MapGroup("/images").WithTags("Images");

        images.MapGet("", ListImages.Handle).Needs(Permission.ImagesRead).WithName("listImages");
        images.MapPost("/pull", PullImage.Handle).Needs(Permission.ImagesPull).Validates<PullRequest>().WithName("pullImage");

        // Last: they take raw slashes.
        images.MapGet("/{**reference}", GetImage.Handle).Needs(Permission.ImagesRead).WithName("getImage");
        images.MapDelete("/{**reference}", DeleteImage.Handle).Needs(Permission.ImagesDelete).WithName("deleteImage");
    }
}
