using System.Buffers.Text;
using System.Text;
using Gateway.Containerd;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Mvc;

namespace Gateway.Http;

/// <summary>A page of a list.</summary>
/// <param name="Items">The items.</param>
/// <param name="NextPageToken">Where the next page begins; absent on the last.</param>
internal sealed record Page<T>(IReadOnlyList<T> Items, string? NextPageToken);

/// <summary>Which page is asked for.</summary>
internal sealed record PageRequest
{
    private const int DefaultSize = 100;
    private const int MaxSize = 1000;

    /// <summary>Items a page, 1 to 1000; 100 where none is named.</summary>
    [FromQuery(Name = "pageSize")]
    public int? PageSize { get; init; }

    /// <summary>The `nextPageToken` of the page before.</summary>
    [FromQuery(Name = "pageToken")]
    public string? PageToken { get; init; }

    public int Size() => PageSize switch
    {
        null => DefaultSize,
        >= 1 and <= MaxSize => PageSize.Value,
        _ => throw ProblemException.InvalidField("pageSize", $"must be between 1 and {MaxSize}"),
    };

    /// <summary>The key of the last item of the page before; null for the first page.</summary>
    public string? After() => PageToken is null ? null : Paging.Open(PageToken);
}

/// <summary>Pages by the key of the last item, which stays right while items come and go.</summary>
internal static class Paging
{
    private const string Version = "1:";
    private const int MaxTokenLength = 8192;

    /// <summary>The page of a list that is sorted by key, ordinally.</summary>
    public static Page<T> Slice<T>(IReadOnlyList<T> sorted, Func<T, string> key, PageRequest page)
    {
        var size = page.Size();
        var begin = page.After() is { } after ? SortedNames.IndexAfter(sorted, key, after) : 0;
        var items = new T[Math.Min(size, sorted.Count - begin)];
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = sorted[begin + i];
        }

        return new Page<T>(items, begin + items.Length < sorted.Count ? Seal(key(items[^1])) : null);
    }

    /// <summary>200 with the page, and a link to the next one that keeps the other parameters.</summary>
    public static IResult Answer<T>(HttpContext http, Page<T> page)
    {
        http.Response.Headers.Link = LinkTo(http, page.NextPageToken);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Json(page, GatewayJson.Options);
    }

    /// <summary>The same for a page that was made before.</summary>
    public static IResult Answer(HttpContext http, byte[] page, string? link)
    {
        http.Response.Headers.Link = link;
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Bytes(page, "application/json; charset=utf-8");
    }

    /// <summary>The Link header that leads to the next page; null where there is none.</summary>
    public static string? LinkTo(HttpContext http, string? nextPageToken)
    {
        if (nextPageToken is null)
        {
            return null;
        }

        var query = new QueryBuilder(http.Request.Query.Where(pair => pair.Key is not "pageToken").SelectMany(pair => pair.Value, (pair, value) => KeyValuePair.Create(pair.Key, value ?? "")))
        {
            { "pageToken", nextPageToken },
        };
        return $"<{http.Request.PathBase}{http.Request.Path.ToUriComponent()}{query}>; rel=\"next\"";
    }

    public static string Seal(string key) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Version + key));

    public static string Open(string token)
    {
        try
        {
            var text = token.Length <= MaxTokenLength ? new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Base64Url.DecodeFromChars(token)) : "";
            if (text.StartsWith(Version, StringComparison.Ordinal))
            {
                return text[Version.Length..];
            }
        }
        catch (Exception malformed) when (malformed is FormatException or DecoderFallbackException)
        {
            // Told below.
        }

        throw ProblemException.InvalidField("pageToken", "is not a token this list gave out");
    }
}
