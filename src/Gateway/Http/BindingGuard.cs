using System.Text.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Net.Http.Headers;

namespace Gateway.Http;

/// <summary>Refuses what the framework would bind as nobody meant it, or fails over: JSON in another character set, one value of the query given twice, numbers with more around them.</summary>
internal sealed class BindingGuard(RequestDelegate next)
{
    private const string Json = "application/json";

    public Task InvokeAsync(HttpContext http)
    {
        if (http.GetEndpoint() is { } endpoint)
        {
            if (http.Request.ContentType is not null)
            {
                RequireUtf8(http.Request, endpoint);
            }

            if (http.Request.QueryString.HasValue)
            {
                RequirePlain(http, endpoint);
            }
        }

        return next(http);
    }

    // The framework takes a character set as it stands there, in quotes too, and one it does not know ends in an exception.
    private static void RequireUtf8(HttpRequest request, Endpoint endpoint)
    {
        if (endpoint.Metadata.GetMetadata<IAcceptsMetadata>()?.ContentTypes.Contains(Json, StringComparer.OrdinalIgnoreCase) is not true
            || !MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || type.Parameters.Where(IsCharset).ToArray() is not { Length: > 0 } charsets)
        {
            return;
        }

        if (charsets.Any(charset => !HeaderUtilities.RemoveQuotes(charset.Value).Equals("utf-8", StringComparison.OrdinalIgnoreCase)))
        {
            throw new ProblemException(ProblemKinds.UnsupportedMediaType, "JSON is taken in UTF-8");
        }

        request.ContentType = type.MediaType.ToString();
    }

    // Lists are meant to be repeated, and what the path gives does not come from the query.
    private static void RequirePlain(HttpContext http, Endpoint endpoint)
    {
        foreach (var parameter in endpoint.Metadata.GetOrderedMetadata<IParameterBindingMetadata>())
        {
            var (name, type) = (JsonNamingPolicy.CamelCase.ConvertName(parameter.Name), parameter.ParameterInfo.ParameterType);
            if (http.Request.RouteValues.ContainsKey(name) || http.Request.Query[name] is not { Count: > 0 } values)
            {
                continue;
            }

            if (type == typeof(string) && values.Count > 1)
            {
                throw ProblemException.InvalidField(name, "is given more than once");
            }

            // .NET's numbers and truth values may have spaces around them, and NULs behind.
            if ((Nullable.GetUnderlyingType(type) ?? type) is { IsPrimitive: true } && !values.ToString().All(character => char.IsAsciiLetterOrDigit(character) || character is '-'))
            {
                throw ProblemException.InvalidField(name, "is malformed");
            }
        }
    }

    private static bool IsCharset(NameValueHeaderValue parameter) => parameter.Name.Equals("charset", StringComparison.OrdinalIgnoreCase);
}
