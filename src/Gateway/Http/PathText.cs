using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Http;

/// <summary>
/// A path parameter that may hold slashes. The server decodes a path but for <c>%2F</c>, after which a name with that text in it could not be told from one
/// with a slash: so a percent sign stays encoded too, until the parameter is decoded.
/// </summary>
internal static class PathText
{
    private const string EncodedPercent = "%25";

    public static void UsePathText(this WebApplication app) => app.Use((http, next) =>
    {
        var target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (target.Contains(EncodedPercent, StringComparison.Ordinal) && PathIn(target) is { Length: > 0 } path)
        {
            http.Request.Path = PathString.FromUriComponent(path.Replace(EncodedPercent, "%2525", StringComparison.Ordinal));
        }

        return next(http);
    });

    public static string Decode(string segment) =>
        segment.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase).Replace(EncodedPercent, "%", StringComparison.Ordinal);

    // Of "/path?query", or of "http://host/path?query", as requests to proxies have it.
    private static string PathIn(string target)
    {
        var path = target.Split('?', 2)[0];
        var scheme = path.IndexOf("://", StringComparison.Ordinal);
        return path is ['/', ..] ? path : scheme >= 0 && path.IndexOf('/', scheme + 3) is >= 0 and var begin ? path[begin..] : "";
    }
}
