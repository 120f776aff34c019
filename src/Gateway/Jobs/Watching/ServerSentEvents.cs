using System.Text;
using System.Text.Json;

namespace Gateway.Jobs;

/// <summary>Server-sent events, as the HTML standard defines them. One object serves all streams.</summary>
internal sealed class ServerSentEvents(JsonSerializerOptions json) : IEventFormat
{
    private static readonly byte[] Beat = ": heartbeat\n\n"u8.ToArray();

    private readonly SharedText events = new(job => TextOf(job, json));

    public string ContentType => "text/event-stream";

    public ReadOnlyMemory<byte> Event(JobRecord job) => events.Of(job);

    /// <summary>Without an id of its own: who leaves before the next event has still not had that.</summary>
    public ReadOnlyMemory<byte> Gap(JobEventId after, JobEventId next) =>
        Encoding.UTF8.GetBytes($"event: gap\ndata: {JsonSerializer.Serialize(EventGap.Between(after, next), json)}\n\n");

    public ReadOnlyMemory<byte> Heartbeat(JobRecord job) => Beat;

    public ReadOnlyMemory<byte> Goodbye(string reason) => Encoding.UTF8.GetBytes($": {reason}\n\n");

    /// <summary>The event is <c>progress</c> until the end, then the final state's name. The JSON has no line break, so one data line does.</summary>
    private static byte[] TextOf(JobRecord job, JsonSerializerOptions json)
    {
        var name = job.State.IsFinal() ? job.State.Spell() : "progress";
        return Encoding.UTF8.GetBytes($"id: {job.EventId}\nevent: {name}\ndata: {JsonSerializer.Serialize(JobView.From(job), json)}\n\n");
    }
}
