using Gateway.Auth;
using Gateway.Http;
using Gateway.Images.Custom;
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
            .Produces<JobView>().Produces<JobView>(StatusCodes.Status202Accepted).Fails(413, 415, 422)
            .Example("""{"reference": "docker.io/library/alpine:3.20", "platforms": ["linux/amd64"]}""");

        images.MapPost("/commit", CommitImage.Handle).Needs(Permission.ImagesWrite).Validates<CommitRequest>().WithName("commitImage")
            .WithSummary("Commit an image")
            .WithDescription("Starts a job that makes an image of what a container, or an active snapshot, has changed on top of its base image, unpacked and ready to run. A running container is not paused: the snapshot is taken as it stands. Where nothing has changed the new image has no new layer.")
            .Produces<JobView>().Produces<JobView>(StatusCodes.Status202Accepted).Fails(409, 413, 415, 422)
            .Example("""{"container": "web-1", "reference": "docker.io/acme/web:patched", "message": "fix the config", "config": {"env": ["MODE=production"]}}""");
        images.MapPost("/compose", ComposeImage.Handle).Needs(Permission.ImagesWrite).Validates<ComposeRequest>().WithName("composeImage")
            .WithSummary("Compose an image")
            .WithDescription("Starts a job that makes an image of layers which stand in the content store, on a base image or on nothing, without running a container. Each layer is read through for the digest of its tar. With a `timestamp` the same request gives the same digest.")
            .Produces<JobView>().Produces<JobView>(StatusCodes.Status202Accepted).Fails(409, 413, 415, 422)
            .Example("""{"base": "docker.io/library/alpine:3.20", "reference": "docker.io/acme/app:1", "layers": [{"digest": "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"}], "config": {"cmd": ["/app"]}, "timestamp": "2026-01-31T12:00:00Z"}""");

        // Last: they take raw slashes.
        images.MapGet("/{**reference}", GetImage.Handle).Needs(Permission.ImagesRead).WithName("getImage")
            .WithSummary("Get an image").WithDescription("One image with all that is known of its platforms, also where it is only partly here.")
            .Produces<ImageView>().Produces(StatusCodes.Status304NotModified);
        images.MapDelete("/{**reference}", DeleteImage.Handle).Needs(Permission.ImagesDelete).WithName("deleteImage")
            .WithSummary("Delete an image").WithDescription("Removes a name. What no other name, container or lease needs goes with the next garbage collection.")
            .Produces(StatusCodes.Status204NoContent).Fails(412);
    }
}
