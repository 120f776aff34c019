namespace Gateway.Http;

/// <summary>Refuses what a page of another site makes a browser send, unless its origin is listed: only reads may cross sites, and CORS keeps their answers.</summary>
internal sealed class CrossSiteGuard(RequestDelegate next, CrossOrigins origins)
{
    public Task InvokeAsync(HttpContext http)
    {
        var request = http.Request;
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method) && IsCrossSite(request))
        {
            throw new ProblemException(ProblemKinds.Forbidden, "requests from another site's page are refused");
        }

        return next(http);
    }

    private bool IsCrossSite(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        var origin = request.Headers.Origin.ToString();
        return !origins.Has(origin) && (site is not ("" or "same-origin" or "none")
            || (origin.Length > 0 && !string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase)));
    }
}
