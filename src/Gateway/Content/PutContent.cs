using Gateway.Containerd;
using Gateway.Http;
using Gateway.Oci;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace Gateway.Content;

/// <summary>putContent: takes a blob in, whole or in parts, and holds it with a lease.</summary>
internal static class PutContent
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, Digest digest, [AsParameters] UploadQuery query, ContainerdClient containerd, UploadLeases leases, WholeUpload whole, PartUpload parts,
        ByteQuota quota, IOptions<ContentOptions> options, CancellationToken cancel)
    {
        var range = UploadRange.Of(http.Request);
        if ((range?.Total ?? http.Request.ContentLength) > options.Value.MaxUploadBytes)
        {
            throw UploadBody.TooLarge(options.Value.MaxUploadBytes);
        }

        if (digest.Algorithm is not "sha256")
        {
            // The daemon hashes otherwise only where it is told the digest before the bytes, and then it hands out other namespaces' blobs.
            throw new ProblemException(ProblemKinds.NotSupportedByContainerd, "content is stored by its sha256 digest only");
        }

        var client = containerd.In(@namespace);
        await leases.RequireNamedAsync(client, query, cancel);
        if (await client.FindAsync(digest.ToString(), cancel) is not null && await whole.CheckAsync(http.Request, client, digest, query, cancel) is { } there)
        {
            return Answer(http, StatusCodes.Status200OK, there);
        }

        await quota.RequireAsync(client, range?.Total ?? http.Request.ContentLength ?? 1, PartUpload.RefOf(digest).Equals, cancel);
        var view = range is null
            ? await whole.StoreAsync(http.Request, client, digest, query, cancel)
            : await parts.StoreAsync(http.Request, client, digest, range, query, cancel);
        return Answer(http, view.Offset is null ? StatusCodes.Status201Created : StatusCodes.Status202Accepted, view);
    }

    private static JsonHttpResult<UploadView> Answer(HttpContext http, int status, UploadView view)
    {
        if (view.Offset is { } offset)
        {
            http.Response.Headers.Range = $"0-{offset - 1}";
        }
        else
        {
            http.Response.Headers.Location = http.Request.Path.ToUriComponent();
            http.Response.Headers.ETag = $"\"{view.Digest}\"";
        }

        return TypedResults.Json(view, GatewayJson.Options, statusCode: status);
    }
}
