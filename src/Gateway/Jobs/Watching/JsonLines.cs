using System.Text;
using System.Text.Json;

namespace Gateway.Jobs;

/// <summary>One job a line. A heartbeat repeats the last line, so that every line can be parsed. One object serves all streams.</summary>
internal sealed class JsonLines(JsonSerializerOptions json) : IEventFormat
{
    private readonly SharedText lines = new(job => Encoding.UTF8.GetBytes(JsonSerializer.Serialize(JobView.From(job), json) + "\n"));

    public string ContentType => "application/x-ndjson";

    public ReadOnlyMemory<byte> Event(JobRecord job) => lines.Of(job);

    /// <summary>The only line that is no job, and has the one field <c>gap</c>.</summary>
    public ReadOnlyMemory<byte> Gap(JobEventId after, JobEventId next) =>
        Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { Gap = EventGap.Between(after, next) }, json) + "\n");

    public ReadOnlyMemory<byte> Heartbeat(JobRecord job) => Event(job);
}
