using System.Text.Json;
using Gateway.Http;

namespace Gateway.Snapshots.Pictures;

/// <summary>Answers with the trees: nested in JSON, or drawn.</summary>
internal static class TreeAnswer
{
    // Two levels of JSON for one of snapshots, and some around them.
    private static readonly JsonSerializerOptions Deep = new(GatewayJson.Options) { MaxDepth = 1024 };

    public static IResult Of(HttpContext http, string form, IReadOnlyList<SnapshotView> roots)
    {
        http.Response.Headers.CacheControl = "no-store";
        switch (form)
        {
            case TextTree.MediaType:
                return TypedResults.Text(TextTree.Draw(roots), TextTree.MediaType + "; charset=utf-8");
            case MermaidTree.MediaType:
                return TypedResults.Text(MermaidTree.Draw(roots), MermaidTree.MediaType + "; charset=utf-8");
            case SvgTree.MediaType:
                // A picture, even where a browser opens it by itself.
                http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
                return TypedResults.Text(SvgTree.Draw(roots), SvgTree.MediaType + "; charset=utf-8");
            default:
                return TypedResults.Json(new Page<SnapshotView>(roots, null), Deep);
        }
    }
}
