using System.Net;

namespace Gateway.Http;

/// <summary>The page of each problem: what its <c>type</c> leads to.</summary>
internal static class ProblemPages
{
    /// <summary>getProblem: as a page, or as JSON where that is accepted.</summary>
    public static IResult Get(HttpContext http, string code)
    {
        if (!ProblemKinds.All.TryGetValue(code, out var kind))
        {
            throw new ProblemException(ProblemKinds.NotFound, "there is no problem of this code");
        }

        return http.Request.Headers.Accept.ToString().Contains("application/json", StringComparison.Ordinal)
            ? TypedResults.Json(kind, GatewayJson.Options)
            : TypedResults.Content(Page(kind), "text/html; charset=utf-8");
    }

    private static string Page(ProblemKind kind) =>
        $"""
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><title>{WebUtility.HtmlEncode(kind.Code)}</title></head>
        <body><h1>{WebUtility.HtmlEncode(kind.Title)}</h1>
        <p><code>{WebUtility.HtmlEncode(kind.Code)}</code>, HTTP status {kind.Status}{(kind.Retryable ? "; the same request may succeed later" : "")}</p>
        <p>{WebUtility.HtmlEncode(kind.Explanation)}</p></body></html>
        """;
}
