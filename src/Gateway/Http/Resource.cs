using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Net.Http.Headers;

namespace Gateway.Http;

/// <summary>Answers of single resources: a strong ETag, 304 and 412.</summary>
internal static class Resource
{
    /// <summary>200 with an ETag, or 304 where the caller has this representation.</summary>
    public static IResult Ok<T>(HttpContext http, T body)
    {
        var (bytes, etag) = Represent(body);
        return Ok(http, bytes, etag);
    }

    /// <summary>The same for a representation that was made before.</summary>
    public static IResult Ok(HttpContext http, byte[] bytes, string etag)
    {
        http.Response.Headers.ETag = etag;
        if (http.Request.Headers.IfNoneMatch.Count > 0 && http.Request.GetTypedHeaders().IfNoneMatch
            .Any(tag => tag.Equals(EntityTagHeaderValue.Any) || tag.Compare(EntityTagHeaderValue.Parse(etag), useStrongComparison: false)))
        {
            return TypedResults.StatusCode(StatusCodes.Status304NotModified);
        }

        return TypedResults.Bytes(bytes, "application/json; charset=utf-8");
    }

    /// <summary>A body as it is sent, and its ETag.</summary>
    public static (byte[] Bytes, string Etag) Represent<T>(T body)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(body, GatewayJson.Options);
        return (bytes, TagOf(bytes).ToString());
    }

    /// <summary>200 without an ETag: figures that differ each time they are read.</summary>
    public static IResult Fresh<T>(HttpContext http, T body)
    {
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Json(body, GatewayJson.Options);
    }

    /// <summary>201 with the resource's place and ETag.</summary>
    public static IResult Created<T>(HttpContext http, string location, T body)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(body, GatewayJson.Options);
        http.Response.Headers.Location = location;
        http.Response.GetTypedHeaders().ETag = TagOf(bytes);
        http.Response.StatusCode = StatusCodes.Status201Created;
        return TypedResults.Bytes(bytes, "application/json; charset=utf-8");
    }

    /// <summary>Throws <c>precondition_failed</c> where <c>If-Match</c> is there and names another version.</summary>
    public static void RequireMatch<T>(HttpContext http, T current)
    {
        var wanted = http.Request.GetTypedHeaders().IfMatch;
        if (http.Request.Headers.IfMatch.Count is 0)
        {
            return;
        }

        var etag = TagOf(JsonSerializer.SerializeToUtf8Bytes(current, GatewayJson.Options));
        if (!wanted.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || tag.Compare(etag, useStrongComparison: true)))
        {
            throw new ProblemException(ProblemKinds.PreconditionFailed, "the resource is not the version If-Match names");
        }
    }

    private static EntityTagHeaderValue TagOf(byte[] bytes) => new($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 16))}\"");
}
