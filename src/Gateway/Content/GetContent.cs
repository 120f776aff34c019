using Gateway.Containerd;
using Gateway.Oci;
using Microsoft.Net.Http.Headers;

namespace Gateway.Content;

/// <summary>getContent and headContent: the bytes of a blob, or one range of them, straight from the daemon's messages to the socket.</summary>
internal static class GetContent
{
    public static async Task<IResult> Handle(HttpContext http, string @namespace, Digest digest, ContainerdClient containerd, CancellationToken cancel)
    {
        var client = containerd.In(@namespace);
        var size = (await client.RequireBlobAsync(digest, cancel)).Size;
        BlobTag.RequireMatch(http, digest);
        http.Response.GetTypedHeaders().ETag = BlobTag.Of(digest);
        http.Response.Headers["Docker-Content-Digest"] = digest.ToString();
        http.Response.Headers.AcceptRanges = "bytes";
        if (BlobTag.IsKnown(http, digest))
        {
            return TypedResults.StatusCode(StatusCodes.Status304NotModified);
        }

        var isGet = HttpMethods.IsGet(http.Request.Method);
        var range = isGet ? ByteRange.Of(http.Request.GetTypedHeaders(), BlobTag.Of(digest), size) : null;
        var (offset, length) = range ?? new ByteRange(0, size);
        if (range is not null)
        {
            http.Response.StatusCode = StatusCodes.Status206PartialContent;
            http.Response.GetTypedHeaders().ContentRange = new ContentRangeHeaderValue(offset, offset + length - 1, size);
        }

        http.Response.ContentType = "application/octet-stream";
        http.Response.ContentLength = length;
        if (isGet && length > 0)
        {
            // While one message goes to the socket the next is on its way: the stream's window holds several.
            await foreach (var bytes in client.ReadAsync(digest.ToString(), offset, length, cancel))
            {
                await http.Response.Body.WriteAsync(bytes, cancel);
            }
        }

        return TypedResults.Empty;
    }
}
