using System.Net;
using System.Net.ServerSentEvents;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Gateway.Auth;
using Gateway.Jobs;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Jobs;

/// <summary>getJobEvents over a real connection.</summary>
public sealed class GetJobEventsTests : IAsyncLifetime
{
    private readonly TempFolder folder = new();
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2025, 6, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly TaskCompletionSource<JobRun> running = new();
    private readonly TaskCompletionSource finish = new();
    private readonly TestHandler handler = new();
    private JobsHost host = null!;

    public async ValueTask InitializeAsync()
    {
        handler.OnRun = async (run, cancel) =>
        {
            running.TrySetResult(run);
            await finish.Task.WaitAsync(cancel);
            return new System.Text.Json.Nodes.JsonObject { ["digest"] = "sha256:abc" };
        };
        host = await JobsHost.StartAsync(folder, handler, time, kestrel: true);
    }

    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task A_job_is_followed_to_its_end_by_events_with_rising_ids()
    {
        var job = await RunAsync();
        using var stream = await OpenAsync(job.Id);
        Assert.Equal(("text/event-stream", "no-store"), (stream.Answer.Content.Headers.ContentType!.MediaType, stream.Answer.Headers.CacheControl!.ToString()));
        var events = SseParser.Create(stream.Body).EnumerateAsync(TestClock.Limit()).GetAsyncEnumerator(TestClock.Limit());
        Assert.True(await events.MoveNextAsync());
        Assert.Equal(("progress", "running"), (events.Current.EventType, State(events.Current.Data)));
        var first = JobEventId.Parse(events.Current.EventId)!.Value;

        var layer = (await running.Task).Progress.Add("sha256:layer", "layer", 1000, unpacks: false);
        (await running.Task).Progress.Enter(JobPhase.Downloading);
        layer.Reached(500);
        await TickUntilAsync(job.Id, seen => seen.Progress?.Percent == 50);
        do
        {
            Assert.True(await events.MoveNextAsync());
            Assert.Equal("progress", events.Current.EventType);
        }
        while (JsonElement.Parse(events.Current.Data).GetProperty("progress") is not { ValueKind: JsonValueKind.Object } progress
            || progress.GetProperty("percent").GetInt32() != 50);
        Assert.True(JobEventId.Parse(events.Current.EventId)!.Value > first);

        finish.SetResult();
        string last;
        do
        {
            Assert.True(await events.MoveNextAsync());
            last = events.Current.EventType;
        }
        while (last == "progress");
        Assert.Equal(("succeeded", "succeeded"), (last, State(events.Current.Data)));
        Assert.False(await events.MoveNextAsync());
    }

    [Fact]
    public async Task Headers_come_at_once_even_when_nothing_is_to_be_told()
    {
        var job = await RunAsync();
        using var stream = await OpenAsync(job.Id, lastEventId: job.EventId.ToString());
        Assert.Equal(HttpStatusCode.OK, stream.Answer.StatusCode);
    }

    [Fact]
    public async Task A_quiet_stream_has_a_heartbeat_every_fifteen_seconds()
    {
        var job = await RunAsync();
        using var stream = await OpenAsync(job.Id, lastEventId: job.EventId.ToString());
        string? line;
        do
        {
            line = await TickUntilReadAsync(stream.Reader);
            Assert.NotNull(line);
        }
        while (line != ": heartbeat");
    }

    [Fact]
    public async Task A_client_that_comes_back_is_told_only_what_is_newer()
    {
        var job = await RunAsync();
        using var behind = await OpenAsync(job.Id, lastEventId: Before(job, 1));
        Assert.Equal($"id: {job.EventId}", await behind.Reader.ReadLineAsync(TestClock.Limit()));
        using var level = await OpenAsync(job.Id, lastEventId: job.EventId.ToString());
        finish.SetResult();
        Assert.True(JobEventId.Parse((await level.Reader.ReadLineAsync(TestClock.Limit()))!["id: ".Length..])!.Value > job.EventId);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("application/x-ndjson")]
    public async Task A_client_that_comes_back_too_late_is_told_first_that_events_are_missing(string? accept)
    {
        var job = await RunAsync();
        var item = (await running.Task).Progress.Add("sha256:layer", "layer", 1000, unpacks: false);
        item.Reached(100);
        await TickUntilAsync(job.Id, seen => seen.Progress?.BytesDone == 100);
        item.Reached(200);
        await TickUntilAsync(job.Id, seen => seen.Progress?.BytesDone == 200);
        var now = host.Get<JobWatcher>().Find(job.Id)!.EventId;
        using var stream = await OpenAsync(job.Id, accept, lastEventId: job.EventId.ToString());
        finish.SetResult();
        var lines = (await stream.Reader.ReadToEndAsync(TestClock.Limit())).Split('\n');
        var gap = $$"""{"after":"{{job.EventId}}","next":"{{now}}"}""";
        Assert.Equal(accept is null ? ["event: gap", $"data: {gap}", "", $"id: {now}"] : [$$"""{"gap":{{gap}}}"""], lines[..(accept is null ? 4 : 1)]);
        Assert.Single(lines, line => line.Contains("gap", StringComparison.Ordinal) && line.StartsWith(accept is null ? "event" : "{\"gap", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("5-1")]
    [InlineData("1-99999")]
    [InlineData("0-99")]
    public async Task An_event_id_that_the_job_never_had_is_a_gap_before_what_there_is(string lastEventId)
    {
        var job = await RunAsync();
        using (var stream = await OpenAsync(job.Id, lastEventId: lastEventId))
        {
            Assert.Equal("event: gap", await stream.Reader.ReadLineAsync(TestClock.Limit()));
            Assert.Equal($$"""data: {"after":"{{lastEventId}}","next":"{{job.EventId}}"}""", await stream.Reader.ReadLineAsync(TestClock.Limit()));
            Assert.Equal(["", $"id: {job.EventId}"], [await stream.Reader.ReadLineAsync(TestClock.Limit()), await stream.Reader.ReadLineAsync(TestClock.Limit())]);
        }

        finish.SetResult();
        await host.EndOfAsync(job.Id);
        using var ended = await OpenAsync(job.Id, lastEventId: lastEventId);
        var text = await ended.Reader.ReadToEndAsync(TestClock.Limit());
        Assert.StartsWith("event: gap\n", text, StringComparison.Ordinal);
        Assert.Contains("event: succeeded\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_terminals_bars_know_no_gap()
    {
        var job = await RunAsync();
        using var stream = await OpenAsync(job.Id, accept: "text/plain", lastEventId: "9-9");
        finish.SetResult();
        Assert.DoesNotContain("gap", await stream.Reader.ReadToEndAsync(TestClock.Limit()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_plain_number_of_an_earlier_gateway_is_no_id_even_if_it_is_the_last_sequence()
    {
        var job = await RunAsync();
        finish.SetResult();
        var ended = await host.EndOfAsync(job.Id);
        using var stream = await OpenAsync(job.Id, lastEventId: ended.Sequence.ToString());
        Assert.StartsWith($"id: {ended.EventId}\nevent: succeeded\n", await stream.Reader.ReadToEndAsync(TestClock.Limit()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("9999999999")]
    [InlineData("nonsense")]
    [InlineData("-5")]
    [InlineData("99999999999999999999999999")]
    [InlineData("1-99999999999999999999999999")]
    [InlineData("999-1")]
    public async Task An_event_id_that_never_was_hides_neither_progress_to_come_nor_the_end(string lastEventId)
    {
        var job = await RunAsync();
        using var stream = await OpenAsync(job.Id, lastEventId: lastEventId);
        finish.SetResult();
        var text = await stream.Reader.ReadToEndAsync(TestClock.Limit());
        Assert.Contains("event: succeeded\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_finished_job_answers_with_its_end_at_once_and_to_who_has_seen_that_with_nothing()
    {
        var job = await RunAsync();
        finish.SetResult();
        var ended = await host.EndOfAsync(job.Id);
        using (var late = await OpenAsync(job.Id, lastEventId: Before(ended, 1)))
        {
            Assert.StartsWith($"id: {ended.EventId}\nevent: succeeded\ndata: ", await late.Reader.ReadToEndAsync(TestClock.Limit()), StringComparison.Ordinal);
        }

        using var again = await OpenAsync(job.Id, lastEventId: ended.EventId.ToString());
        Assert.Equal(HttpStatusCode.NoContent, again.Answer.StatusCode);
    }

    [Fact]
    public async Task Lines_of_json_are_served_on_request()
    {
        var job = await RunAsync();
        using var stream = await OpenAsync(job.Id, accept: "application/x-ndjson");
        Assert.Equal("application/x-ndjson", stream.Answer.Content.Headers.ContentType!.ToString());
        Assert.Equal("running", State((await stream.Reader.ReadLineAsync(TestClock.Limit()))!));
        finish.SetResult();
        var rest = (await stream.Reader.ReadToEndAsync(TestClock.Limit())).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("succeeded", State(rest[^1]));
        Assert.Single(rest, line => State(line) == "succeeded");
    }

    [Fact]
    public async Task Bars_for_a_terminal_end_with_a_plain_line()
    {
        var job = await RunAsync();
        using var stream = await OpenAsync(job.Id, accept: "text/plain");
        Assert.Equal("text/plain; charset=utf-8", stream.Answer.Content.Headers.ContentType!.ToString());
        finish.SetResult();
        Assert.EndsWith(
            "\nsucceeded docker.io/library/alpine:3.20 sha256:abc\n", await stream.Reader.ReadToEndAsync(TestClock.Limit()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_job_ends_its_streams_in_the_usual_way()
    {
        var job = await RunAsync();
        using var text = await OpenAsync(job.Id, accept: "text/plain");
        using var events = await OpenAsync(job.Id);
        finish.SetException(new Gateway.Oci.OciException(Gateway.Oci.OciFault.ImageNotFound, "the registry does not know this tag"));
        Assert.EndsWith(
            "\nfailed: image_not_found: the registry does not know this tag\n", await text.Reader.ReadToEndAsync(TestClock.Limit()), StringComparison.Ordinal);
        Assert.Contains("event: failed\n", await events.Reader.ReadToEndAsync(TestClock.Limit()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_shutdown_ends_the_stream_without_an_end_of_the_job()
    {
        var job = await RunAsync();
        using var events = await OpenAsync(job.Id);
        using var text = await OpenAsync(job.Id, accept: "text/plain");
        var begun = await events.Reader.ReadLineAsync(TestClock.Limit());
        host.BeginShutdown();
        var read = begun + '\n' + await events.Reader.ReadToEndAsync(TestClock.Limit());
        Assert.DoesNotContain("event: canceled", read, StringComparison.Ordinal);
        Assert.Contains("event: progress", read, StringComparison.Ordinal);
        Assert.EndsWith("the gateway restarts; the job goes on after that\n", await text.Reader.ReadToEndAsync(TestClock.Limit()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("key:alice", false)]
    [InlineData("key:bob", true)]
    public async Task A_stream_ends_soon_after_its_credentials_or_its_grant(string subject, bool keepsAnotherGrant)
    {
        var job = await RunAsync();
        using var events = await OpenAsync(job.Id, subject: subject, permission: Permission.JobsRead);
        using var text = await OpenAsync(job.Id, accept: "text/plain", subject: subject, permission: Permission.JobsRead);
        await events.Reader.ReadLineAsync(TestClock.Limit());
        time.Advance(TimeSpan.FromSeconds(14));
        host.Revoke(keepsAnotherGrant ? [new Grant([Permission.JobsRead], ["team-b"])] : []);
        var ended = Task.WhenAll(events.Reader.ReadToEndAsync(TestClock.Limit()), text.Reader.ReadToEndAsync(TestClock.Limit()));
        await TickUntilAsync(job.Id, _ => ended.IsCompleted);
        Assert.All(await ended, read => Assert.Contains("the credentials are no longer good for this job\n", read, StringComparison.Ordinal));
        Assert.Equal(JobState.Running, host.Queries.Find(job.Id)!.State);
    }

    [Fact]
    public async Task A_stream_goes_on_while_its_credentials_are_good()
    {
        var job = await RunAsync();
        using var events = await OpenAsync(job.Id);
        var beats = 0;
        var read = Task.Run(async () =>
        {
            while (beats < 4)
            {
                beats += await events.Reader.ReadLineAsync(TestClock.Limit()) is ": heartbeat" ? 1 : 0;
            }
        });
        await TickUntilAsync(job.Id, _ => read.IsCompleted);
        await read;
        finish.SetResult();
        Assert.Contains("event: succeeded\n", await events.Reader.ReadToEndAsync(TestClock.Limit()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_leaves_is_forgotten()
    {
        var job = await RunAsync();
        var stream = await OpenAsync(job.Id);
        Assert.Equal(1, host.Get<JobHub>().Watchers);
        stream.Dispose();
        var limit = TestClock.Limit();
        while (host.Get<JobHub>().Watchers > 0)
        {
            limit.ThrowIfCancellationRequested();
            time.Advance(TimeSpan.FromSeconds(15));
            await Task.Yield();
        }

        Assert.False(host.Logs.Contain("Unhandled"));
    }

    [Fact]
    public async Task A_client_that_never_reads_holds_up_neither_the_job_nor_other_clients()
    {
        var job = await RunAsync();
        using var stuck = new TcpClient();
        var address = host.Client().BaseAddress!;
        await stuck.ConnectAsync(address.Host, address.Port, TestClock.Limit());
        var request = $"GET /v1/jobs/{job.Id}/events HTTP/1.1\r\nHost: x\r\nX-Subject: key:alice\r\n\r\n";
        await stuck.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request), TestClock.Limit());
        using var reading = await OpenAsync(job.Id);
        var progress = (await running.Task).Progress;
        progress.Enter(JobPhase.Downloading);
        for (var i = 0; i < 200; i++)
        {
            progress.Add($"sha256:{i}", "layer", 1000, unpacks: false).Reached(i);
            time.Advance(TimeSpan.FromMilliseconds(250));
        }

        finish.SetResult();
        Assert.Contains("event: succeeded\n", await reading.Reader.ReadToEndAsync(TestClock.Limit()), StringComparison.Ordinal);
        Assert.Equal(JobState.Succeeded, (await host.EndOfAsync(job.Id)).State);
    }

    [Fact]
    public async Task Events_of_others_jobs_do_not_exist()
    {
        var job = await RunAsync();
        using var stream = await OpenAsync(job.Id, subject: "key:bob");
        Assert.Equal(HttpStatusCode.NotFound, stream.Answer.StatusCode);
    }

    [Fact]
    public async Task A_format_that_is_not_served_is_refused()
    {
        var job = await RunAsync();
        using var stream = await OpenAsync(job.Id, accept: "application/json");
        Assert.Equal(HttpStatusCode.NotAcceptable, stream.Answer.StatusCode);
    }

    private static string Before(JobRecord job, int steps) => $"{job.Epoch}-{job.Sequence - steps}";

    private static string State(string json) => JsonElement.Parse(json).GetProperty("state").GetString()!;

    /// <summary>A job whose handler runs, as its watchers see it.</summary>
    private async Task<JobRecord> RunAsync()
    {
        var job = await host.StartJobAsync();
        await running.Task.WaitAsync(TestClock.Limit());
        return await host.UntilAsync(job.Id, seen => seen.State == JobState.Running);
    }

    private async Task<Stream> OpenAsync(string id, string? accept = null, string? lastEventId = null, string subject = "key:alice", string? permission = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/jobs/{id}/events");
        if (accept is not null)
        {
            request.Headers.Accept.ParseAdd(accept);
        }

        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        var answer = await host.Client(subject, permission).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestClock.Limit());
        var body = await answer.Content.ReadAsStreamAsync(TestClock.Limit());
        return new Stream(answer, body, new StreamReader(body));
    }

    private async Task TickUntilAsync(string id, Func<JobRecord, bool> condition)
    {
        var limit = TestClock.Limit();
        while (!condition(host.Get<JobWatcher>().Find(id)!))
        {
            limit.ThrowIfCancellationRequested();
            time.Advance(TimeSpan.FromMilliseconds(250));
            await Task.Yield();
        }
    }

    private async Task<string?> TickUntilReadAsync(StreamReader reader)
    {
        var line = reader.ReadLineAsync(TestClock.Limit()).AsTask();
        while (!line.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        return await line;
    }

    private sealed record Stream(HttpResponseMessage Answer, System.IO.Stream Body, StreamReader Reader) : IDisposable
    {
        public void Dispose()
        {
            Reader.Dispose();
            Answer.Dispose();
        }
    }
}
