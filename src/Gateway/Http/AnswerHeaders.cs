namespace Gateway.Http;

/// <summary>The headers every answer carries: what caches and browsers may do with it.</summary>
internal static class AnswerHeaders
{
    private const string Nothing = "default-src 'none'; frame-ancestors 'none'";

    // The API's description as a page: its own scripts, and no address but the service's.
    private const string OwnScripts =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>At the last moment before the answer leaves: a failure clears what was set before.</summary>
    public static void Apply(HttpContext http)
    {
        var headers = http.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        if (headers.ContentSecurityPolicy.Count is 0) // what shows strangers' bytes, or pictures, has its own
        {
            headers.ContentSecurityPolicy = http.Request.Path.StartsWithSegments("/swagger", StringComparison.OrdinalIgnoreCase) ? OwnScripts : Nothing;
        }

        headers["Referrer-Policy"] = "no-referrer";
        headers.XFrameOptions = "DENY";
        headers.Vary = "Authorization, Origin";
        if (headers.CacheControl.Count is 0)
        {
            headers.CacheControl = headers.ETag.Count > 0 ? "private, no-cache" : "no-store";
        }
    }
}
