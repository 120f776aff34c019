using Gateway.Auth;
using Gateway.Http;
using Gateway.Images.Pull;
using Gateway.Images.Push;
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

        images.MapPost("/push", PushImage.Handle).Needs(Permission.ImagesPush).Validates<PushRequest>().WithName("pushImage")
            .WithSummary("Push an image")
            .WithDescription("""
                Starts a job that pushes a stored image to its registry, or to `target`, or returns the running job that already does. Digests never change. Without
                `platforms` everything that the image is made of is pushed, all platforms of an index included; a push of what is not all here fails with
                `content_missing` before anything is sent. With one of `platforms` that platform's manifest itself is what the tag names afterwards; with several the
                chosen manifests are pushed and then the index as it is, which some registries refuse (`registry_refused`) while they lack the others. `digest` of the
                result is what the tag names. Blobs that the registry has are not sent again, and foreign layers not at all. `Prefer: wait=N` holds the answer for up to N seconds.
                """)
            .Produces<JobView>().Produces<JobView>(StatusCodes.Status202Accepted).Fails(404, 413, 415, 422, 501)
            .Example("""{"reference": "docker.io/library/alpine:3.20", "target": "registry.example.com/team/alpine:3.20"}""");

        // Last: they take raw slashes.
        images.MapGet("/{**reference}", GetImage.Handle).Needs(Permission.ImagesRead).WithName("getImage")
            .WithSummary("Get an image").WithDescription("One image with all that is known of its platforms, also where it is only partly here.")
            .Produces<ImageView>().Produces(StatusCodes.Status304NotModified);
        images.MapDelete("/{**reference}", DeleteImage.Handle).Needs(Permission.ImagesDelete).WithName("deleteImage")
            .WithSummary("Delete an image").WithDescription("Removes a name. What no other name, container or lease needs goes with the next garbage collection.")
            .Produces(StatusCodes.Status204NoContent).Fails(412);
    }
}
