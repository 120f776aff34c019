using System.Text.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Net.Http.Headers;

namespace Gateway.Http;

/// <summary>Refuses what the framework would bind as nobody meant it, or fails over: JSON in another character set, one value of the query given twice.</summary>
internal sealed class BindingGuard(RequestDelegate next)
{
    private const string Json = "application/json";

    public Task InvokeAsync(HttpContext http)
    {
        if (http.GetEndpoint() is { } endpoint)
        {
            RequireUtf8(http.Request, endpoint);
            RequireOnce(http, endpoint);
        }

        return next(http);
    }

    // The framework takes a character set as it stands there, in quotes too, and one it does not know ends in an exception.
    private static void RequireUtf8(HttpRequest request, Endpoint endpoint)
    {
        if (endpoint.Metadata.GetMetadata<IAcceptsMetadata>()?.ContentTypes.Contains(Json, StringComparer.OrdinalIgnoreCase) is not true
            || !MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || type.Parameters.FirstOrDefault(IsCharset) is not { } charset)
        {
            return;
        }

        if (!HeaderUtilities.RemoveQuotes(charset.Value).Equals("utf-8", StringComparison.OrdinalIgnoreCase))
        {
            throw new ProblemException(ProblemKinds.UnsupportedMediaType, "JSON is taken in UTF-8");
        }

        request.ContentType = type.MediaType.ToString();
    }

    // Texts only: of two numbers or truth values none can be read anyway, and lists are meant to be repeated.
    private static void RequireOnce(HttpContext http, Endpoint endpoint)
    {
        foreach (var parameter in endpoint.Metadata.GetOrderedMetadata<IParameterBindingMetadata>().Where(parameter => parameter.ParameterInfo.ParameterType == typeof(string)))
        {
            var name = JsonNamingPolicy.CamelCase.ConvertName(parameter.Name);
            if (!http.Request.RouteValues.ContainsKey(name) && http.Request.Query[name].Count > 1)
            {
                throw ProblemException.InvalidField(name, "is given more than once");
            }
        }
    }

    private static bool IsCharset(NameValueHeaderValue parameter) => parameter.Name.Equals("charset", StringComparison.OrdinalIgnoreCase);
}
