using Gateway.Http;
using Microsoft.AspNetCore.Http.Headers;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Gateway.Jobs;

/// <summary>The formats that events are served in. One object for all streams: a state's text is made once, however many read it.</summary>
internal sealed class EventFormats(IOptions<JsonOptions> json)
{
    private readonly ServerSentEvents events = new(json.Value.SerializerOptions);
    private readonly JsonLines lines = new(json.Value.SerializerOptions);

    /// <summary>The format that <c>Accept</c> likes best; event-stream where it does not care.</summary>
    public IEventFormat Negotiate(RequestHeaders headers)
    {
        var accepted = headers.Accept;
        if (accepted.Count == 0)
        {
            return events;
        }

        IEventFormat[] offers = [events, lines, new TerminalBars()];
        return offers
            .Select(offer => (Format: offer, Quality: Quality(accepted, new MediaTypeHeaderValue(offer.ContentType.Split(';')[0]))))
            .Where(offer => offer.Quality > 0)
            .OrderByDescending(offer => offer.Quality)
            .Select(offer => offer.Format)
            .FirstOrDefault() ?? throw new ProblemException(ProblemKinds.NotAcceptable,
                "events are served as text/event-stream, application/x-ndjson or text/plain");
    }

    /// <summary>RFC 9110 section 12.5.1: the most specific range that fits tells the quality.</summary>
    private static double Quality(IList<MediaTypeHeaderValue> accepted, MediaTypeHeaderValue offer) => accepted
        .Where(range => range.MatchesMediaType(offer.MediaType))
        .OrderBy(range => range.MatchesAllTypes ? 2 : range.MatchesAllSubTypes ? 1 : 0)
        .Select(range => range.Quality ?? 1)
        .FirstOrDefault();
}
