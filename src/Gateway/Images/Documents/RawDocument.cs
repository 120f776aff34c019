using Gateway.Http;
using Gateway.Oci;
using Microsoft.Net.Http.Headers;

namespace Gateway.Images.Documents;

/// <summary>A document as it is stored, byte for byte: what a digest is of. 200, or 304, 206, 412, 416 as the request's headers ask.</summary>
internal sealed class RawDocument(Descriptor document, byte[] bytes) : IResult
{
    public static async Task<IResult> AnswerAsync(StoredDocuments documents, Descriptor document, CancellationToken cancel) =>
        new RawDocument(document, await documents.ReadAsync(document, cancel));

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (request, response) = (httpContext.Request.Headers, httpContext.Response);
        if (!request.Range.ToString().StartsWith("bytes=", StringComparison.OrdinalIgnoreCase))
        {
            // RFC 9110 section 14.2: a unit that is not known is as good as no range. The framework takes any for bytes.
            request.Range = default;
        }

        response.Headers["Docker-Content-Digest"] = document.Digest.ToString();

        // The type is a stranger's word: no browser is to run what calls itself a page.
        response.Headers.ContentSecurityPolicy = "sandbox; default-src 'none'";
        var type = MediaTypes.IsWellFormed(document.MediaType) ? document.MediaType : "application/octet-stream";
        var tag = new EntityTagHeaderValue($"\"{document.Digest}\"");
        await TypedResults.Bytes(bytes, type, fileDownloadName: null, enableRangeProcessing: true, lastModified: null, entityTag: tag).ExecuteAsync(httpContext);
        if (response.StatusCode >= StatusCodes.Status400BadRequest)
        {
            response.ContentLength = null;
            await ProblemHandler.WriteStatusAsync(httpContext);
        }
    }
}
