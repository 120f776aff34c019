using System.Text.Json;
using Gateway.Http;
using Microsoft.AspNetCore.Http.Headers;
using Microsoft.Net.Http.Headers;

namespace Gateway.Jobs;

/// <summary>How a stream of a job's states is written. One object serves one stream.</summary>
internal interface IEventFormat
{
    string ContentType { get; }

    /// <summary>One state of the job; the last one is final.</summary>
    string Event(JobRecord job);

    /// <summary>Tells who comes back that events after the last one it has seen cannot be had any more.</summary>
    string Gap(JobEventId after, JobEventId next) => "";

    /// <summary>What keeps a quiet connection open, and changes nothing.</summary>
    string Heartbeat(JobRecord job);

    /// <summary>The last words when the gateway shuts down before the job has ended.</summary>
    string Goodbye(JobRecord job) => "";
}

internal static class EventFormat
{
    /// <summary>The format that <c>Accept</c> likes best; event-stream where it does not care.</summary>
    public static IEventFormat Negotiate(RequestHeaders headers, JsonSerializerOptions json)
    {
        var accepted = headers.Accept;
        if (accepted.Count == 0)
        {
            return new ServerSentEvents(json);
        }

        return Offers(json)
            .Select(offer => (Format: offer, Quality: Quality(accepted, new MediaTypeHeaderValue(offer.ContentType.Split(';')[0]))))
            .Where(offer => offer.Quality > 0)
            .OrderByDescending(offer => offer.Quality)
            .Select(offer => offer.Format)
            .FirstOrDefault() ?? throw new ProblemException(ProblemKinds.NotAcceptable,
                "events are served as text/event-stream, application/x-ndjson or text/plain");
    }

    private static IEventFormat[] Offers(JsonSerializerOptions json) => [new ServerSentEvents(json), new JsonLines(json), new TerminalBars()];

    /// <summary>RFC 9110 section 12.5.1: the most specific range that fits tells the quality.</summary>
    private static double Quality(IList<MediaTypeHeaderValue> accepted, MediaTypeHeaderValue offer) => accepted
        .Where(range => range.MatchesMediaType(offer.MediaType))
        .OrderBy(range => range.MatchesAllTypes ? 2 : range.MatchesAllSubTypes ? 1 : 0)
        .Select(range => range.Quality ?? 1)
        .FirstOrDefault();
}

/// <summary>Server-sent events, as the HTML standard defines them.</summary>
internal sealed class ServerSentEvents(JsonSerializerOptions json) : IEventFormat
{
    public string ContentType => "text/event-stream";

    /// <summary>The event is <c>progress</c> until the end, then the final state's name. The JSON has no line break, so one data line does.</summary>
    public string Event(JobRecord job)
    {
        var name = job.State.IsFinal() ? job.State.Spell() : "progress";
        return $"id: {job.EventId}\nevent: {name}\ndata: {JsonSerializer.Serialize(JobView.From(job), json)}\n\n";
    }

    /// <summary>Without an id of its own: who leaves before the next event has still not had that.</summary>
    public string Gap(JobEventId after, JobEventId next) => $"event: gap\ndata: {JsonSerializer.Serialize(EventGap.Between(after, next), json)}\n\n";

    public string Heartbeat(JobRecord job) => ": heartbeat\n\n";
}

/// <summary>One job a line. A heartbeat repeats the last line, so that every line can be parsed.</summary>
internal sealed class JsonLines(JsonSerializerOptions json) : IEventFormat
{
    public string ContentType => "application/x-ndjson";

    public string Event(JobRecord job) => JsonSerializer.Serialize(JobView.From(job), json) + "\n";

    /// <summary>The only line that is no job, and has the one field <c>gap</c>.</summary>
    public string Gap(JobEventId after, JobEventId next) => JsonSerializer.Serialize(new { Gap = EventGap.Between(after, next) }, json) + "\n";

    public string Heartbeat(JobRecord job) => Event(job);
}

/// <summary>Between which two events others are missing.</summary>
internal sealed record EventGap(string After, string Next)
{
    public static EventGap Between(JobEventId after, JobEventId next) => new(after.ToString(), next.ToString());
}
