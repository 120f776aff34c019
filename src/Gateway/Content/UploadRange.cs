using Gateway.Http;
using Microsoft.Net.Http.Headers;

namespace Gateway.Content;

/// <summary>Which part of a blob a request brings: <c>Content-Range: bytes first-last/total</c> (RFC 9110, section 14.4).</summary>
internal sealed record UploadRange(long First, long Last, long Total)
{
    private const string Name = "Content-Range";

    public long Length => Last - First + 1;

    public bool IsEnd => Last + 1 == Total;

    /// <summary>The range, or null where the body is the whole blob.</summary>
    public static UploadRange? Of(HttpRequest request)
    {
        if (request.Headers.ContentRange.Count is 0)
        {
            return null;
        }

        if (!ContentRangeHeaderValue.TryParse(request.Headers.ContentRange.ToString(), out var header)
            || header is not { Unit.Value: "bytes", From: { } first, To: { } last, Length: { } total })
        {
            throw ProblemException.InvalidField(Name, "is not 'bytes first-last/total'");
        }

        var range = new UploadRange(first, last, total);
        return request.ContentLength is { } length && length != range.Length ? throw range.Differs(length) : range;
    }

    public ProblemException Differs(long bodyBytes) => ProblemException.InvalidField(Name, $"names {Length} bytes, and the body has {bodyBytes}");
}
