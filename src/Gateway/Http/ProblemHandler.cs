using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Grpc.Core;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.Metadata;

namespace Gateway.Http;

/// <summary>Writes problems: of what was thrown, and of answers the framework gave without a body.</summary>
internal sealed partial class ProblemHandler(ILogger<ProblemHandler> log) : IExceptionHandler
{
    public const string MediaType = "application/problem+json";

    public async ValueTask<bool> TryHandleAsync(HttpContext http, Exception exception, CancellationToken cancellationToken)
    {
        // Reading the body may meet the end of the connection before the server tells of it.
        if (http.RequestAborted.IsCancellationRequested || exception is ConnectionResetException or ConnectionAbortedException)
        {
            LogClientLeft(http.Request.Method, http.TraceIdentifier);
            return true;
        }

        var problem = ProblemTable.From(Inner(exception));
        Log(problem, exception);
        await WriteAsync(http, problem);
        return true;
    }

    /// <summary>404 of no route, 405, 415 and the like.</summary>
    public static Task WriteStatusAsync(HttpContext http) => WriteAsync(http, http.Response.StatusCode switch
    {
        404 => new Problem(ProblemKinds.NotFound, "there is no such path"),
        405 => new Problem(ProblemKinds.MethodNotAllowed, $"{http.Request.Method} is not taken here"),
        406 => new Problem(ProblemKinds.NotAcceptable, "none of the accepted media types can be served"),
        408 => new Problem(ProblemKinds.InvalidRequest, "the request's body came too slowly") { Status = StatusCodes.Status408RequestTimeout },
        412 => new Problem(ProblemKinds.PreconditionFailed, "the resource is not the version the request names"),
        413 => new Problem(ProblemKinds.PayloadTooLarge, "the request body is larger than 1 MiB"),
        415 => new Problem(ProblemKinds.UnsupportedMediaType, "the body's media type is not taken here; most operations take application/json"),
        416 => new Problem(ProblemKinds.RangeNotSatisfiable, "the range lies outside the content"),
        401 => new Problem(ProblemKinds.Unauthorized, "valid credentials are needed"),
        403 => new Problem(ProblemKinds.Forbidden, "the caller may not do this"),
        >= 500 => new Problem(ProblemKinds.InternalError, "the gateway failed; its log has the trace id"),
        _ when Malformed(http) is { } field => ProblemTable.From(ProblemException.InvalidField(field, "is missing or malformed")),
        _ => new Problem(ProblemKinds.InvalidRequest, "the request is not valid"),
    });

    public static async Task WriteAsync(HttpContext http, Problem problem)
    {
        var response = http.Response;
        response.StatusCode = problem.Status;
        response.ContentType = MediaType;
        response.Headers.CacheControl = "no-store";
        if (problem.Kind == ProblemKinds.Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }

        if (problem.Header is { } header)
        {
            response.Headers[header.Name] = header.Value;
        }

        if (problem.RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        var body = new
        {
            type = $"/problems/{problem.Kind.Code}",
            title = problem.Kind.Title,
            status = problem.Status,
            detail = problem.Detail,
            instance = http.Request.Path.ToUriComponent(),
            code = problem.Kind.Code,
            traceId = Activity.Current?.TraceId.ToHexString() ?? http.TraceIdentifier,
            errors = problem.Errors,
        };
        await JsonSerializer.SerializeAsync(response.Body, body, GatewayJson.Options, http.RequestAborted);
    }

    // The generated endpoints answer 400 and say nothing more where an optional number or truth value of the query cannot be read.
    private static string? Malformed(HttpContext http) => http.GetEndpoint()?.Metadata.GetOrderedMetadata<IParameterBindingMetadata>()
        .Select(parameter => (Name: JsonNamingPolicy.CamelCase.ConvertName(parameter.Name), Type: Nullable.GetUnderlyingType(parameter.ParameterInfo.ParameterType)))
        .Where(parameter => http.Request.Query[parameter.Name].ToString() is { Length: > 0 } text
            && (parameter.Type == typeof(bool) ? !bool.TryParse(text, out _) : parameter.Type == typeof(int) && !int.TryParse(text, CultureInfo.InvariantCulture, out _)))
        .Select(parameter => parameter.Name).FirstOrDefault();

    // The framework's own texts name .NET types; what a caller needs is the name of the field.
    private static Exception Inner(Exception exception) => exception switch
    {
        BadHttpRequestException { InnerException: JsonException json } => FromJson(json),
        BadHttpRequestException { StatusCode: 400 } bad when Parameter().Match(bad.Message) is { Success: true } match =>
            ProblemException.InvalidField(JsonNamingPolicy.CamelCase.ConvertName(match.Groups["name"].Value), "is missing or malformed"),
        BadHttpRequestException { StatusCode: 400 } bad when bad.Message.Contains("body", StringComparison.Ordinal) =>
            ProblemException.InvalidField("body", "is missing or empty"),
        _ => exception,
    };

    private static ProblemException FromJson(JsonException json)
    {
        if (Required().Match(json.Message) is { Success: true } required)
        {
            return ProblemException.InvalidField(required.Groups["name"].Value, "is missing");
        }

        var field = string.IsNullOrEmpty(json.Path) || json.Path is "$" ? "body" : json.Path.StartsWith("$.", StringComparison.Ordinal) ? json.Path[2..] : json.Path;
        var unknown = json.Message.Contains("could not be mapped", StringComparison.Ordinal);
        return ProblemException.InvalidField(field, unknown ? "is not a field of this request" : "is missing, malformed, or of the wrong type");
    }

    private void Log(Problem problem, Exception exception)
    {
        if (problem.Kind == ProblemKinds.InternalError)
        {
            LogDefect(exception);
        }
        else if (exception is RpcException rpc)
        {
            LogContainerd(problem.Kind.Code, rpc.StatusCode, rpc.Status.Detail);
        }
    }

    [GeneratedRegex(@"\A[^""]*parameter ""[^""]* (?<name>[A-Za-z]+)""", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 250)]
    private static partial Regex Parameter();

    [GeneratedRegex(@"missing required properties[^:]*: '(?<name>[^']+)'", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 250)]
    private static partial Regex Required();

    [LoggerMessage(Level = LogLevel.Error, Message = "A request failed in the gateway")]
    private partial void LogDefect(Exception failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "containerd refused or failed: {Code}, {Status}: {Detail}")]
    private partial void LogContainerd(string code, StatusCode status, string detail);

    [LoggerMessage(Level = LogLevel.Information, Message = "The client left: {Method}, request {RequestId}")]
    private partial void LogClientLeft(string method, string requestId);
}
