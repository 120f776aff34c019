using Gateway.Auth;
using Gateway.Http;
using Gateway.Images.Export;
using Gateway.Images.Import;
using Gateway.Images.Pull;
using Gateway.Jobs;
using Gateway.OpenApi;

namespace Gateway.Images;

/// <summary>Routes of tag "Images", under <c>/v1/namespaces/{namespace}/images</c>.</summary>
internal static class ImageEndpoints
{
    // What a sender may call an archive. Its first bytes tell how it is compressed, whatever is said here.
    private static readonly string[] ArchiveTypes =
    [
        "application/x-tar", "application/gzip", "application/zstd", "application/octet-stream", "application/x-gzip", "application/tar",
        "application/vnd.oci.image.layout.v1+tar", "application/vnd.oci.image.layout.v1+tar+gzip", "application/vnd.oci.image.layout.v1+tar+zstd",
    ];

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

        images.MapPost("/import", ImportImages.Handle).Needs(Permission.ImagesWrite).Validates<ImportRequest>().WithName("importImages")
            .WithSummary("Import an archive")
            .WithDescription("Streams an archive into the content store, an OCI layout or what `docker save` writes, plain or compressed with gzip or zstd; then starts a job that unpacks it and stores the names. An archive that cannot be imported is refused at once and leaves nothing.")
            .Accepts<Stream>(isOptional: true, ArchiveTypes[0], ArchiveTypes[1..])
            .Produces<JobView>().Produces<JobView>(StatusCodes.Status202Accepted).Fails(409, 413, 415, 422);
        images.MapGet("/export", ExportImages.Handle).Needs(Permission.ImagesRead).Validates<ExportRequest>().WithName("exportImages")
            .WithSummary("Export images")
            .WithDescription("Streams images as a tar archive: an OCI layout that `docker load` reads too. The same images make the same bytes. A failure after the first byte cuts the connection.")
            .Produces<Stream>(StatusCodes.Status200OK, "application/x-tar").Fails(404, 409, 413, 422);
        images.MapMethods("/export", [HttpMethods.Head], ExportImages.Handle).Needs(Permission.ImagesRead).Validates<ExportRequest>().ExcludeFromDescription();

        // Last: they take raw slashes.
        images.MapGet("/{**reference}", GetImage.Handle).Needs(Permission.ImagesRead).WithName("getImage")
            .WithSummary("Get an image").WithDescription("One image with all that is known of its platforms, also where it is only partly here.")
            .Produces<ImageView>().Produces(StatusCodes.Status304NotModified);
        images.MapDelete("/{**reference}", DeleteImage.Handle).Needs(Permission.ImagesDelete).WithName("deleteImage")
            .WithSummary("Delete an image").WithDescription("Removes a name. What no other name, container or lease needs goes with the next garbage collection.")
            .Produces(StatusCodes.Status204NoContent).Fails(412);
    }
}
