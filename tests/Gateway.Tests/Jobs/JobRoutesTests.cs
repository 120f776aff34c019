using System.Net;
using System.Text.Json;
using Gateway.Auth;
using Gateway.Jobs;

namespace Gateway.Tests.Jobs;

/// <summary>getJob, cancelJob, deleteJob and the answer of calls that start jobs, over HTTP.</summary>
public sealed class JobRoutesTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_job_is_shown_with_every_field_of_the_contract_and_no_other()
    {
        await using var host = await JobsHost.StartAsync(folder, new TestHandler());
        var job = await host.EndOfAsync((await host.StartJobAsync(secret: "token")).Id);
        var shown = await host.GetAsync($"/v1/jobs/{job.Id}");
        Assert.Equal(
            [
                "id", "kind", "state", "cancelRequested", "namespace", "request", "result", "error", "progress", "attempt", "createdBy", "createdAt", "startedAt",
                "finishedAt", "nextAttemptAt", "traceId",
            ],
            shown.EnumerateObject().Select(field => field.Name));
        Assert.Equal((job.Id, "test.work", "succeeded", "team-a", "key:alice"), (Text(shown, "id"), Text(shown, "kind"), Text(shown, "state"),
            Text(shown, "namespace"), Text(shown, "createdBy")));
        Assert.Equal("""{"reference":"docker.io/library/alpine:3.20"}""", shown.GetProperty("request").GetRawText());
        Assert.Equal("""{"digest":"sha256:done"}""", shown.GetProperty("result").GetRawText());
        Assert.Equal(["phase", "bytesDone", "bytesTotal", "percent", "bytesPerSecond", "etaSeconds", "items"],
            shown.GetProperty("progress").EnumerateObject().Select(field => field.Name));
        Assert.Equal(TimeSpan.Zero, shown.GetProperty("createdAt").GetDateTimeOffset().Offset);
    }

    [Theory]
    [InlineData("key:bob", null, "", HttpStatusCode.NotFound)]
    [InlineData("key:bob", "jobs:read", "team-b", HttpStatusCode.NotFound)]
    [InlineData("key:bob", "images:pull", "team-a", HttpStatusCode.NotFound)]
    [InlineData("key:bob", "jobs:read", "team-a", HttpStatusCode.OK)]
    [InlineData("key:bob", "jobs:read", "team-*", HttpStatusCode.OK)]
    [InlineData("key:bob", "admin", "*", HttpStatusCode.OK)]
    [InlineData("key:alice", null, "", HttpStatusCode.OK)]
    [InlineData("KEY:ALICE", null, "", HttpStatusCode.NotFound)]
    public async Task A_job_is_its_creators_and_of_who_may_read_jobs_in_its_namespace(
        string subject, string? permission, string namespaces, HttpStatusCode expected)
    {
        await using var host = await JobsHost.StartAsync(folder, TestHandler.Endless());
        var job = await host.StartJobAsync();
        foreach (var path in new[] { "", "?wait=0s" })
        {
            using var answer = await host.Client(subject, permission, namespaces).GetAsync($"/v1/jobs/{job.Id}{path}", TestClock.Limit());
            Assert.Equal(expected, answer.StatusCode);
        }
    }

    [Theory]
    [InlineData("01jwm2x8g07000000000000000")]
    [InlineData("nonsense")]
    [InlineData("..%2F..%2Fetc%2Fpasswd")]
    [InlineData("%20")]
    public async Task An_unknown_id_is_not_found_and_not_echoed(string id)
    {
        await using var host = await JobsHost.StartAsync(folder, new TestHandler());
        foreach (var (method, path) in new[] { ("GET", ""), ("GET", "/events"), ("POST", "/cancel"), ("DELETE", "") })
        {
            using var answer = await host.Client().SendAsync(new HttpRequestMessage(new HttpMethod(method), $"/v1/jobs/{id}{path}"), TestClock.Limit());
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            Assert.DoesNotContain("passwd", await answer.Content.ReadAsStringAsync(TestClock.Limit()), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("61s")]
    [InlineData("2m")]
    [InlineData("30")]
    [InlineData("-1s")]
    [InlineData("1.5s")]
    [InlineData("1h")]
    [InlineData("")]
    [InlineData("30s%0A")]
    [InlineData("%D9%A3s")]
    [InlineData("999999s")]
    public async Task A_wait_that_is_no_duration_up_to_a_minute_is_refused_by_name(string wait)
    {
        await using var host = await JobsHost.StartAsync(folder, new TestHandler());
        var job = await host.StartJobAsync();
        using var answer = await host.Client().GetAsync($"/v1/jobs/{job.Id}?wait={wait}", TestClock.Limit());
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var problem = JsonElement.Parse(await answer.Content.ReadAsStringAsync(TestClock.Limit()));
        Assert.Equal("wait", Assert.Single(problem.GetProperty("errors").EnumerateObject()).Name);
    }

    [Fact]
    public async Task A_long_poll_is_answered_when_the_job_ends()
    {
        var handler = TestHandler.Endless();
        await using var host = await JobsHost.StartAsync(folder, handler);
        var job = await host.StartJobAsync();
        await handler.StartedAsync();
        var poll = host.GetAsync($"/v1/jobs/{job.Id}?wait=60s");
        await host.Client().PostAsync($"/v1/jobs/{job.Id}/cancel", null, TestClock.Limit());
        Assert.Equal("canceled", Text(await poll, "state"));
    }

    [Fact]
    public async Task A_long_poll_ends_with_its_time_and_shows_the_job_as_it_is()
    {
        await using var host = await JobsHost.StartAsync(folder, TestHandler.Endless());
        var job = await host.StartJobAsync();
        Assert.Contains(Text(await host.GetAsync($"/v1/jobs/{job.Id}?wait=50ms"), "state"), new[] { "queued", "running" });
    }

    [Fact]
    public async Task A_shutdown_answers_long_polls_at_once()
    {
        var handler = TestHandler.Endless();
        await using var host = await JobsHost.StartAsync(folder, handler, kestrel: true);
        var job = await host.StartJobAsync();
        await handler.StartedAsync();
        var poll = host.GetAsync($"/v1/jobs/{job.Id}?wait=60s");
        await WatchedAsync(host);
        host.BeginShutdown();
        Assert.Contains(Text(await poll, "state"), new[] { "queued", "running" });
    }

    [Fact]
    public async Task A_job_that_has_not_changed_is_not_sent_again()
    {
        await using var host = await JobsHost.StartAsync(folder, new TestHandler());
        var job = await host.EndOfAsync((await host.StartJobAsync()).Id);
        using var client = host.Client();
        using var first = await client.GetAsync($"/v1/jobs/{job.Id}", TestClock.Limit());
        Assert.False(first.Headers.ETag!.IsWeak);
        client.DefaultRequestHeaders.IfNoneMatch.Add(first.Headers.ETag);
        using var second = await client.GetAsync($"/v1/jobs/{job.Id}", TestClock.Limit());
        Assert.Equal((HttpStatusCode.NotModified, first.Headers.ETag), (second.StatusCode, second.Headers.ETag));
        client.DefaultRequestHeaders.IfNoneMatch.Clear();
        client.DefaultRequestHeaders.IfNoneMatch.ParseAdd("\"1\"");
        using var third = await client.GetAsync($"/v1/jobs/{job.Id}", TestClock.Limit());
        Assert.Equal(HttpStatusCode.OK, third.StatusCode);
    }

    [Theory]
    [InlineData("\"1\"", HttpStatusCode.PreconditionFailed)]
    [InlineData("W/current", HttpStatusCode.PreconditionFailed)]
    [InlineData("current", HttpStatusCode.NoContent)]
    [InlineData("*", HttpStatusCode.NoContent)]
    public async Task A_job_is_forgotten_only_in_the_state_the_client_has_seen(string tag, HttpStatusCode expected)
    {
        await using var host = await JobsHost.StartAsync(folder, new TestHandler());
        var job = await host.EndOfAsync((await host.StartJobAsync()).Id);
        using var request = new HttpRequestMessage(HttpMethod.Delete, $"/v1/jobs/{job.Id}");
        request.Headers.TryAddWithoutValidation("If-Match", tag.Replace("current", $"\"{job.EventId}\"", StringComparison.Ordinal));
        using var answer = await host.Client().SendAsync(request, TestClock.Limit());
        Assert.Equal(expected, answer.StatusCode);
    }

    [Fact]
    public async Task Canceling_is_accepted_and_happens()
    {
        var handler = TestHandler.Endless();
        await using var host = await JobsHost.StartAsync(folder, handler);
        var job = await host.StartJobAsync();
        await handler.StartedAsync();
        using var answer = await host.Client().PostAsync($"/v1/jobs/{job.Id}/cancel", null, TestClock.Limit());
        Assert.Equal((HttpStatusCode.Accepted, $"/v1/jobs/{job.Id}"), (answer.StatusCode, answer.Headers.Location!.OriginalString));
        Assert.True(JsonElement.Parse(await answer.Content.ReadAsStringAsync(TestClock.Limit())).GetProperty("cancelRequested").GetBoolean());
        Assert.Equal("canceled", Text(await host.GetAsync($"/v1/jobs/{job.Id}?wait=30s"), "state"));
    }

    [Theory]
    [InlineData(null, "", HttpStatusCode.NotFound)]
    [InlineData(Permission.JobsCancel, "team-a", HttpStatusCode.NotFound)]
    [InlineData(Permission.JobsRead, "team-a", HttpStatusCode.Forbidden)]
    [InlineData(Permission.Admin, "team-b", HttpStatusCode.NotFound)]
    [InlineData(Permission.Admin, "team-a", HttpStatusCode.Accepted)]
    public async Task Others_jobs_are_canceled_only_with_the_permission_in_their_namespace(
        string? permission, string namespaces, HttpStatusCode expected)
    {
        var asked = new TaskCompletionSource();
        var handler = TestHandler.Endless();
        handler.OnCleanUp = (_, _) => asked.Task;
        await using var host = await JobsHost.StartAsync(folder, handler);
        var job = await host.StartJobAsync();
        await handler.StartedAsync();
        using var client = host.Client("key:bob", permission, namespaces);
        using var answer = await client.PostAsync($"/v1/jobs/{job.Id}/cancel", null, TestClock.Limit());
        using var delete = await client.DeleteAsync($"/v1/jobs/{job.Id}", TestClock.Limit());
        Assert.Equal(expected, answer.StatusCode);
        Assert.Equal(expected == HttpStatusCode.Accepted, host.Queries.Find(job.Id)!.CancelRequested);
        Assert.Equal(expected == HttpStatusCode.Accepted ? HttpStatusCode.Conflict : expected, delete.StatusCode);
        asked.SetResult();
    }

    [Fact]
    public async Task A_finished_job_is_forgotten_and_an_unfinished_one_is_not()
    {
        var handler = TestHandler.Endless();
        await using var host = await JobsHost.StartAsync(folder, handler);
        var job = await host.StartJobAsync();
        using var client = host.Client();
        using var refused = await client.DeleteAsync($"/v1/jobs/{job.Id}", TestClock.Limit());
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Equal("job_not_finished", Text(JsonElement.Parse(await refused.Content.ReadAsStringAsync(TestClock.Limit())), "code"));
        await client.PostAsync($"/v1/jobs/{job.Id}/cancel", null, TestClock.Limit());
        await host.EndOfAsync(job.Id);
        using var done = await client.DeleteAsync($"/v1/jobs/{job.Id}", TestClock.Limit());
        using var again = await client.DeleteAsync($"/v1/jobs/{job.Id}", TestClock.Limit());
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NotFound), (done.StatusCode, again.StatusCode));
    }

    [Fact]
    public async Task A_start_is_accepted_with_the_jobs_place()
    {
        await using var host = await JobsHost.StartAsync(folder, TestHandler.Endless());
        using var answer = await host.Client().PostAsync("/v1/work", null, TestClock.Limit());
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal(Text(await host.GetAsync(answer.Headers.Location!.OriginalString), "id"),
            Text(JsonElement.Parse(await answer.Content.ReadAsStringAsync(TestClock.Limit())), "id"));
        Assert.False(answer.Headers.Contains("Preference-Applied"));
    }

    [Theory]
    [InlineData("wait=30", HttpStatusCode.OK, "wait=30")]
    [InlineData("wait=3600", HttpStatusCode.OK, "wait=60")]
    [InlineData("wait=soon", HttpStatusCode.Accepted, null)]
    public async Task A_start_waits_as_long_as_the_client_prefers(string prefer, HttpStatusCode expected, string? applied)
    {
        var handler = new TestHandler();
        var answered = new TaskCompletionSource();
        handler.OnRun = async (_, cancel) =>
        {
            await (applied is null ? answered.Task.WaitAsync(cancel) : Task.CompletedTask);
            return null;
        };
        await using var host = await JobsHost.StartAsync(folder, handler);
        using var client = host.Client();
        client.DefaultRequestHeaders.Add("Prefer", prefer);
        using var answer = await client.PostAsync("/v1/work", null, TestClock.Limit());
        answered.SetResult();
        Assert.Equal(expected, answer.StatusCode);
        Assert.Equal(applied, answer.Headers.TryGetValues("Preference-Applied", out var values) ? values.Single() : null);
        Assert.StartsWith("/v1/jobs/", answer.Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_job_is_a_job_and_not_an_error_of_the_call_that_waited_for_it()
    {
        await using var host = await JobsHost.StartAsync(folder, new TestHandler { OnRun = (_, _) => throw new InvalidOperationException() });
        using var client = host.Client();
        client.DefaultRequestHeaders.Add("Prefer", "wait=30");
        using var answer = await client.PostAsync("/v1/work", null, TestClock.Limit());
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("internal_error", Text(JsonElement.Parse(await answer.Content.ReadAsStringAsync(TestClock.Limit())).GetProperty("error"), "code"));
    }

    [Fact]
    public async Task A_start_does_not_fail_because_too_many_wait_already()
    {
        await using var host = await JobsHost.StartAsync(folder, TestHandler.Endless(), settings: ("MaxWatchers", "1"));
        var job = await host.StartJobAsync();
        using var taken = host.Get<JobHub>().Watch(job.Id, "key:alice");
        using var client = host.Client();
        client.DefaultRequestHeaders.Add("Prefer", "wait=30");
        using var answer = await client.PostAsync("/v1/work", null, TestClock.Limit());
        Assert.Equal((HttpStatusCode.Accepted, false), (answer.StatusCode, answer.Headers.Contains("Preference-Applied")));
        using var refused = await client.GetAsync($"/v1/jobs/{job.Id}?wait=1s", TestClock.Limit());
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
    }

    [Fact]
    public async Task A_full_queue_is_429_with_the_time_to_come_back()
    {
        var handler = TestHandler.Endless();
        await using var host = await JobsHost.StartAsync(folder, handler, settings: [("MaxRunning", "1"), ("MaxQueued", "1")]);
        using var client = host.Client();
        await client.PostAsync("/v1/work", null, TestClock.Limit());
        await handler.StartedAsync();
        await client.PostAsync("/v1/work", null, TestClock.Limit());
        using var answer = await client.PostAsync("/v1/work", null, TestClock.Limit());
        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        Assert.True(answer.Headers.RetryAfter!.Delta > TimeSpan.Zero);
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    /// <summary>Returns once somebody watches a job, so that what happens next is seen by the request that waits.</summary>
    private static async Task WatchedAsync(JobsHost host)
    {
        var limit = TestClock.Limit();
        while (host.Get<JobHub>().Watchers == 0)
        {
            limit.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
