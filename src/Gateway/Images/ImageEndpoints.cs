using Gateway.Auth;
using Gateway.Http;
using Gateway.Images.Pull;
using Gateway.Jobs;
using Gateway.OpenApi;

namespace Gateway.Images;

/// <summary>Routes of tag "Images", under <c>/v1/namespaces/{namespace}/images</c>.</summary>
internal static class ImageEndpoints
{
    public static void MapImages(this IEndpointRouteBuilder inNamespace)
    {
        var images = inNamespace.MapGroup("/images").WithTags("Images");

        images.MapGet("", ListImages.Handle).Needs(Permission.ImagesRead).WithName("listImages")
            .WithSummary("List images").WithDescription("The images of a namespace by name. A namespace that is not there has none.")
            .Produces<Page<ImageView>>().Fails(502, 504);
        images.MapPost("/pull", PullImage.Handle).Needs(Permission.ImagesPull).Validates<PullRequest>().WithName("pullImage")
            .WithSummary("Pull an image")
            .WithDescription("Starts a job that brings an image from its registry, unpacked and ready to run, or returns the running job that already does. `Prefer: wait=N` holds the answer for up to N seconds.")
            .Produces<JobView>().Produces<JobView>(StatusCodes.Status202Accepted).Fails(413, 415, 422, 501)
            .Example("""{"reference": "docker.io/library/alpine:3.20", "platforms": ["linux/amd64"]}""");

        // Last: they take raw slashes.
        images.MapGet("/{**reference}", GetImage.Handle).Needs(Permission.ImagesRead).WithName("getImage")
            .WithSummary("Get an image").WithDescription("One image with all that is known of its platforms, also where it is only partly here.")
            .Produces<ImageView>().Produces(StatusCodes.Status304NotModified);
        images.MapDelete("/{**reference}", DeleteImage.Handle).Needs(Permission.ImagesDelete).WithName("deleteImage")
            .WithSummary("Delete an image").WithDescription("Removes a name. What no other name, container or lease needs goes with the next garbage collection.")
            .Produces(StatusCodes.Status204NoContent).Fails(412);
    }
}
