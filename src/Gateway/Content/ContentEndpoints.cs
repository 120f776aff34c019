using FluentValidation;
using Gateway.Auth;
using Gateway.Http;
using Gateway.OpenApi;
using Microsoft.AspNetCore.Mvc;

namespace Gateway.Content;

/// <summary>Routes of tag "Content", under <c>/v1/namespaces/{namespace}</c>.</summary>
internal static class ContentEndpoints
{
    private const string Bytes = "application/octet-stream";

    public static void AddContent(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<ContentOptions>().BindConfiguration(ContentOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<UploadLeases>();
        builder.Services.AddSingleton<WholeUpload>();
        builder.Services.AddSingleton<PartUpload>();
        builder.Services.AddSingleton<IValidator<UploadQuery>, UploadQueryValidator>();
    }

    public static void MapContent(this IEndpointRouteBuilder inNamespace)
    {
        var content = inNamespace.MapGroup("/content").WithTags("Content");

        content.MapGet("", ListContent.Handle).Needs(Permission.ContentRead).WithName("listContent")
            .WithSummary("List content").WithDescription("The blobs of a namespace by digest. Filters: `digest`, `labels`.").Produces<Page<ContentView>>();
        content.MapGet("/{digest}", GetContent.Handle).Needs(Permission.ContentRead).WithName("getContent")
            .WithSummary("Get content").WithDescription("The bytes of a blob, or one range of them. The ETag is the digest.")
            .Produces<Stream>(StatusCodes.Status200OK, Bytes).Produces<Stream>(StatusCodes.Status206PartialContent, Bytes)
            .Produces(StatusCodes.Status304NotModified).Fails(412, 416);
        content.MapMethods("/{digest}", [HttpMethods.Head], GetContent.Handle).Needs(Permission.ContentRead).WithName("headContent")
            .WithSummary("Look for content").WithDescription("Whether a blob is there, and its length.").Produces(StatusCodes.Status200OK).Produces(StatusCodes.Status304NotModified).Fails(412);
        content.MapPut("/{digest}", PutContent.Handle).Needs(Permission.ContentWrite).Validates<UploadQuery>().WithName("putContent")
            .WithSummary("Upload content")
            .WithDescription("Streams a blob into the content store and verifies its digest; nothing is kept where the bytes are others. A lease holds it: the one that is named, or one that is made. "
                + "With `Content-Range: bytes first-last/total` the body is a part: 202 until the last, each beginning where the `Range` of the answer before ended; a part that does not is 416 with the `Range` there is.")
            .Accepts<Stream>(isOptional: true, Bytes, "*/*").WithMetadata(new DisableRequestSizeLimitAttribute())
            .Produces<UploadView>(StatusCodes.Status201Created).Produces<UploadView>().Produces<UploadView>(StatusCodes.Status202Accepted)
            .Fails(409, 413, 416, 422).Example("\"the bytes\"");
        content.MapPatch("/{digest}", UpdateContent.Handle).Needs(Permission.ContentWrite).WithName("updateContent")
            .WithSummary("Change content's labels").WithDescription("A JSON Merge Patch (RFC 7396): a null removes a label, labels that are not named stay.")
            .Produces<ContentView>().Fails(412, 413, 415).Example("""{"labels": {"owner": "ci", "old": null}}""");
        content.MapDelete("/{digest}", DeleteContent.Handle).Needs(Permission.ContentWrite).WithName("deleteContent")
            .WithSummary("Delete content").WithDescription("Removes a blob that nothing leads to. `force` removes it all the same, and needs the permission `admin`.")
            .Produces(StatusCodes.Status204NoContent).Fails(409, 412);
        content.MapGet("/{digest}/references", GetContentReferences.Handle).Needs(Permission.ContentRead).WithName("getContentReferences")
            .WithSummary("Tell what keeps content").WithDescription("The images, containers, leases, snapshots and other content that lead to a blob.")
            .Produces<ReferencesView>().Produces(StatusCodes.Status304NotModified);

        var ingests = inNamespace.MapGroup("/ingests").WithTags("Content");
        ingests.MapGet("", ListIngests.Handle).Needs(Permission.ContentRead).WithName("listIngests")
            .WithSummary("List ingests").WithDescription("Blobs that are being written or were left half-way, by ref. Filter: `ref`.").Produces<Page<IngestView>>();
        ingests.MapDelete("/{ref}", DeleteIngest.Handle).Needs(Permission.ContentWrite).WithName("deleteIngest")
            .WithSummary("Delete an ingest").WithDescription("Throws away what was left half-way. One that is being written stays.")
            .Produces(StatusCodes.Status204NoContent).Fails(409);
    }
}
