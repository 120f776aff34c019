using Microsoft.Net.Http.Headers;

namespace Gateway.Http;

/// <summary>What form of an answer a caller likes best.</summary>
internal static class Negotiation
{
    /// <summary>The offer that <c>Accept</c> likes best, the first of equals; the first of all where it does not care.</summary>
    public static string Best(HttpContext http, params string[] offers)
    {
        var accepted = http.Request.GetTypedHeaders().Accept;
        return accepted.Count is 0 ? offers[0]
            : offers.Select(offer => (Offer: offer, Quality: Quality(accepted, offer)))
                .Where(offer => offer.Quality > 0)
                .OrderByDescending(offer => offer.Quality)
                .Select(offer => offer.Offer)
                .FirstOrDefault() ?? throw new ProblemException(ProblemKinds.NotAcceptable, $"this is served as {string.Join(", ", offers)}");
    }

    // RFC 9110 section 12.5.1: the most specific range that fits tells the quality.
    private static double Quality(IList<MediaTypeHeaderValue> accepted, string offer) => accepted
        .Where(range => range.MatchesMediaType(offer))
        .OrderBy(range => range.MatchesAllTypes ? 2 : range.MatchesAllSubTypes ? 1 : 0)
        .Select(range => range.Quality ?? 1)
        .FirstOrDefault();
}
