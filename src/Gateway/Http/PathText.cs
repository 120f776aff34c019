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
        var path = target.AsSpan(0, target.IndexOf('?') is >= 0 and var end ? end : target.Length);
        if (path is ['/', ..] && path.Contains(EncodedPercent, StringComparison.Ordinal))
        {
            http.Request.Path = PathString.FromUriComponent(path.ToString().Replace(EncodedPercent, "%2525", StringComparison.Ordinal));
        }

        return next(http);
    });

    public static string Decode(string segment) =>
        segment.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase).Replace(EncodedPercent, "%", StringComparison.Ordinal);
}
