using Gateway.Oci;
using Microsoft.Net.Http.Headers;

namespace Gateway.Images.Documents;

/// <summary>A document as it is stored, byte for byte: what a digest is of.</summary>
internal static class RawDocument
{
    /// <summary>200 with media type, digest and a strong tag; or 304, 206, 412, 416 as the request's headers ask.</summary>
    public static async Task<IResult> AnswerAsync(HttpContext http, StoredDocuments documents, Descriptor document, CancellationToken cancel)
    {
        var bytes = await documents.ReadAsync(document, cancel);
        var tag = new EntityTagHeaderValue($"\"{document.Digest}\"");
        http.Response.Headers["Docker-Content-Digest"] = document.Digest.ToString();
        http.Response.GetTypedHeaders().ETag = tag;

        // The type is a stranger's word: no browser is to run what calls itself a page.
        http.Response.Headers.ContentSecurityPolicy = "sandbox; default-src 'none'";
        var type = MediaTypes.IsWellFormed(document.MediaType) ? document.MediaType : "application/octet-stream";
        return TypedResults.Bytes(bytes, type, fileDownloadName: null, enableRangeProcessing: true, lastModified: null, entityTag: tag);
    }
}
