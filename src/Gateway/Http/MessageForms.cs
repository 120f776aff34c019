namespace Gateway.Http;

/// <summary>
/// Refuses forms of an HTTP/1 message that two parsers may cut at different places, which is how a request is smuggled past a proxy, and closes the
/// connection: what follows on it may be the rest of the first.
/// </summary>
internal sealed class MessageForms(RequestDelegate next)
{
    // Kestrel moves a Content-Length that stands beside Transfer-Encoding to this header.
    private const string MovedContentLength = "X-Content-Length";

    public Task InvokeAsync(HttpContext http)
    {
        var request = http.Request;
        if (HttpProtocol.IsHttp10(request.Protocol))
        {
            throw Refused("HTTP/1.0 is not taken: it has neither a Host nor chunked bodies that all agree on", StatusCodes.Status505HttpVersionNotsupported);
        }

        var encoding = request.Headers.TransferEncoding;
        if (encoding.Count > 0 && (request.ContentLength is not null || request.Headers.ContainsKey(MovedContentLength)))
        {
            throw Refused("Content-Length and Transfer-Encoding exclude each other");
        }

        if (encoding.Count > 0 && !string.Equals(encoding.ToString(), "chunked", StringComparison.OrdinalIgnoreCase))
        {
            throw Refused("the only Transfer-Encoding taken is 'chunked', once");
        }

        return next(http);
    }

    private static ProblemException Refused(string detail, int? status = null) =>
        new(ProblemKinds.InvalidRequest, detail) { Status = status, Header = ("Connection", "close") };
}
