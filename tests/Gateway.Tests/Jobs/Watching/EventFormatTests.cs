using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Gateway.Http;
using Gateway.Jobs;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Headers;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Gateway.Tests.Jobs.Watching;

public sealed class EventFormatTests
{
    [Theory]
    [InlineData(null, "text/event-stream")]
    [InlineData("*/*", "text/event-stream")]
    [InlineData("text/*", "text/event-stream")]
    [InlineData("text/event-stream", "text/event-stream")]
    [InlineData("application/x-ndjson", "application/x-ndjson")]
    [InlineData("application/*", "application/x-ndjson")]
    [InlineData("APPLICATION/X-NDJSON", "application/x-ndjson")]
    [InlineData("text/plain", "text/plain; charset=utf-8")]
    [InlineData("text/plain, text/event-stream;q=0.5", "text/plain; charset=utf-8")]
    [InlineData("text/event-stream;q=0, */*", "application/x-ndjson")]
    [InlineData("application/json, application/x-ndjson;q=0.1", "application/x-ndjson")]
    [InlineData("text/event-stream, application/json", "text/event-stream")]
    public void The_best_liked_format_is_served(string? accept, string expected) => Assert.Equal(expected, Negotiate(accept).ContentType);

    [Theory]
    [InlineData("application/json")]
    [InlineData("image/png, text/html")]
    [InlineData("text/event-stream;q=0")]
    [InlineData("*/*;q=0")]
    public void What_cannot_be_served_is_told(string accept) =>
        Assert.Equal("not_acceptable", Assert.Throws<ProblemException>(() => Negotiate(accept)).Kind.Code);

    [Fact]
    public void A_server_sent_event_is_one_data_line_whatever_the_job_says()
    {
        var job = SampleJob.New() with { Epoch = 3, Sequence = 7, State = JobState.Failed, Error = new JobError("t", "t", 502, "line\r\nid: 9\n\ndata: x", "code", false) };
        var lines = Text(Negotiate(null).Event(job)).Split('\n');
        Assert.Equal(["id: 3-7", "event: failed"], lines[..2]);
        Assert.StartsWith("data: {", lines[2], StringComparison.Ordinal);
        Assert.Equal(["", ""], lines[3..]);
    }

    [Fact]
    public void A_line_of_json_is_one_line_and_so_is_its_heartbeat()
    {
        var format = Negotiate("application/x-ndjson");
        var job = SampleJob.New() with { Result = "{\n}" };
        foreach (var line in new[] { Text(format.Event(job)), Text(format.Heartbeat(job)) })
        {
            Assert.EndsWith("\n", line, StringComparison.Ordinal);
            Assert.Equal(job.Id, JsonElement.Parse(line.TrimEnd('\n')).GetProperty("id").GetString());
            Assert.Equal(1, line.Count(letter => letter == '\n'));
        }
    }

    [Theory]
    [InlineData("text/event-stream")]
    [InlineData("application/x-ndjson")]
    public void A_states_text_is_made_once_for_all_its_readers(string accept)
    {
        var formats = new EventFormats(Options.Create(new JsonOptions()));
        var (one, other) = (formats.Negotiate(Accepting(accept)), formats.Negotiate(Accepting(accept)));
        var job = SampleJob.New();
        Assert.True(MemoryMarshal.TryGetArray(one.Event(job), out var first) && MemoryMarshal.TryGetArray(other.Event(job), out var second)
            && ReferenceEquals(first.Array, second.Array));
        Assert.NotEqual(Text(one.Event(job)), Text(other.Event(job with { Attempt = 9 })));
    }

    [Fact]
    public void A_gap_says_between_which_events_and_has_no_id()
    {
        Assert.Equal("event: gap\ndata: {\"after\":\"1-5\",\"next\":\"3-2\"}\n\n", Text(Negotiate(null).Gap(new(1, 5), new(3, 2))));
        Assert.Equal("{\"gap\":{\"after\":\"1-5\",\"next\":\"3-2\"}}\n", Text(Negotiate("application/x-ndjson").Gap(new(1, 5), new(3, 2))));
        Assert.Equal("", Text(Negotiate("text/plain").Gap(new(1, 5), new(3, 2))));
    }

    private static string Text(ReadOnlyMemory<byte> text) => Encoding.UTF8.GetString(text.Span);

    private static IEventFormat Negotiate(string? accept) => new EventFormats(Options.Create(new JsonOptions())).Negotiate(Accepting(accept));

    private static RequestHeaders Accepting(string? accept)
    {
        var http = new DefaultHttpContext();
        if (accept is not null)
        {
            http.Request.Headers.Accept = accept;
        }

        return http.Request.GetTypedHeaders();
    }
}
