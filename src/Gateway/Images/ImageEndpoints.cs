using Gateway.Auth;
using Gateway.Http;
using Gateway.Images.Custom;
using Gateway.Images.Documents;
using Gateway.Images.Export;
using Gateway.Images.Import;
using Gateway.Images.Prune;
using Gateway.Images.Pull;
using Gateway.Images.Push;
using Gateway.Images.Resolve;
using Gateway.Jobs;
using Gateway.Oci;
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
        images.MapMethods("", ["HEAD"], ListImages.Handle).Needs(Permission.ImagesRead).ExcludeFromDescription();
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
        images.MapPost("/resolve", ResolveImage.Handle).Needs(Permission.ImagesPull).Validates<PullRequest>().WithName("resolveImage")
            .WithSummary("Resolve an image")
            .WithDescription("Tells what a pull with this request would bring: digest, platforms, bytes to fetch and bytes already here. Nothing is fetched but manifests and configs, and nothing is stored. A registry that takes longer than 60 seconds, or the request's `timeout`, is given up.")
            .Produces<ResolvedImage>().Fails(413, 415, 422)
            .Example("""{"reference": "docker.io/library/alpine:3.20", "platforms": ["linux/amd64"]}""");
        images.MapPost("/tag", TagImage.Handle).Needs(Permission.ImagesWrite).Validates<TagRequest>().WithName("tagImage")
            .WithSummary("Tag an image")
            .WithDescription("Gives an image a further name. 201 where the name is new or was moved, 200 where it stood for this image already; a name that stands for another image is a conflict unless `force` moves it. The new record gets the source's labels, but for those reserved for containerd; one that is moved keeps its own.")
            .Produces<ImageView>(StatusCodes.Status201Created).Produces<ImageView>().Fails(409, 413, 415)
            .Example("""{"source": "alpine:3.20", "target": "registry.example.com/base/alpine:3.20"}""");
        images.MapPost("/prune", PruneImages.Handle).Needs(Permission.ImagesDelete).Validates<PruneRequest>().WithName("pruneImages")
            .WithSummary("Prune images")
            .WithDescription("Starts a job that removes images nothing needs, or with `dryRun` only tells which. What a container, a pin, a lease, or a queued or running job needs stays, whoever owns it. In the namespace `k8s.io` all records of an image go together or stay together. The job's result lists what went and what stayed for a reason, and the bytes freed.")
            .Produces<JobView>().Produces<JobView>(StatusCodes.Status202Accepted).Fails(413, 415)
            .Example("""{"dryRun": true, "olderThan": "168h", "filter": ["name~=acme"]}""");
        // Routing prefers these to the routes with raw slashes, so a name that ends in "/manifest" is reached percent-encoded.
        images.MapMethods("/{reference}/manifest", ["HEAD"], GetImageManifest.Handle).Needs(Permission.ImagesRead).ExcludeFromDescription();
        images.MapGet("/{reference}/manifest", GetImageManifest.Handle).IsDocument(MediaTypes.OciIndex, MediaTypes.OciManifest, MediaTypes.DockerManifestList, MediaTypes.DockerManifest).WithName("getImageManifest")
            .WithSummary("Get an image's manifest")
            .WithDescription("The index or manifest that the name stands for, or with `platform` the manifest a pull for it would choose: the very bytes of the digest. HEAD and single ranges are taken. `Content-Type` is the document's media type, `Docker-Content-Digest` its digest.");
        images.MapMethods("/{reference}/config", ["HEAD"], GetImageConfig.Handle).Needs(Permission.ImagesRead).ExcludeFromDescription();
        images.MapGet("/{reference}/config", GetImageConfig.Handle).IsDocument(MediaTypes.OciConfig, MediaTypes.DockerConfig).WithName("getImageConfig")
            .WithSummary("Get an image's config")
            .WithDescription("The config of the platform, or of the node's where an index has several: the very bytes of the digest. HEAD and single ranges are taken. `Content-Type` is the document's media type, `Docker-Content-Digest` its digest.");
        images.MapPost("/import", ImportImages.Handle).Needs(Permission.ImagesWrite).Validates<ImportRequest>().WithName("importImages")
            .WithSummary("Import an archive")
            .WithDescription("Streams an archive into the content store, an OCI layout or what `docker save` writes, plain or compressed with gzip or zstd; then starts a job that unpacks it and stores the names. An archive that cannot be imported is refused at once and leaves nothing.")
            .Accepts<Stream>(isOptional: true, ArchiveTypes[0], ArchiveTypes[1..])
            .Produces<JobView>().Produces<JobView>(StatusCodes.Status202Accepted).Fails(409, 413, 415, 422);
        images.MapGet("/export", ExportImages.Handle).Needs(Permission.ImagesRead).Validates<ExportRequest>().WithName("exportImages")
            .WithSummary("Export images")
            .WithDescription("Streams images as a tar archive: an OCI layout that `docker load` reads too. The same images make the same bytes. A failure after the first byte cuts the connection. The name `export` is this operation's: an image stored under just that name is in the list, and labelled, tagged and deleted as any other, but cannot be got alone.")
            .Produces<Stream>(StatusCodes.Status200OK, "application/x-tar").Fails(404, 409, 413, 422);
        images.MapMethods("/export", [HttpMethods.Head], ExportImages.Handle).Needs(Permission.ImagesRead).Validates<ExportRequest>().ExcludeFromDescription();
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
        images.MapPatch("/{**reference}", UpdateImage.Handle).Needs(Permission.ImagesWrite).WithName("updateImage")
            .WithSummary("Change an image's labels")
            .WithDescription("A JSON Merge Patch (RFC 7396): a null or an empty text removes a label, labels that are not named stay. With `If-Match` no other change made through this gateway comes between, but for a pull by containerd's Transfer service; containerd itself compares nothing, so one made past the gateway at the same moment may.")
            .Produces<ImageView>().Fails(412, 413, 415).Example("""{"labels": {"team": "a", "old": null}}""");
        images.MapMethods("/{**reference}", ["HEAD"], GetImage.Handle).Needs(Permission.ImagesRead).ExcludeFromDescription();
        images.MapDelete("/{**reference}", DeleteImage.Handle).Needs(Permission.ImagesDelete).WithName("deleteImage")
            .WithSummary("Delete an image").WithDescription("Removes a name. What no other name, container or lease needs goes with the next garbage collection. An image that Kubernetes' runtime has pinned stays.")
            .Produces(StatusCodes.Status204NoContent).Fails(409, 412);
    }

    // The types there are; a stranger's document may have another.
    private static RouteHandlerBuilder IsDocument(this RouteHandlerBuilder route, string type, params string[] more) => route.Needs(Permission.ImagesRead)
        .Produces<Stream>(StatusCodes.Status200OK, type, more).Produces<Stream>(StatusCodes.Status206PartialContent, type, more).Produces(StatusCodes.Status304NotModified)
        .Fails(409, 412, 416, 422);
}
