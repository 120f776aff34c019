using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapper;
using Gateway.Http;
using Gateway.Jobs;
using Gateway.Oci.Registry;
using Gateway.TestKit;
using Gateway.Tests.Jobs;
using Gateway.Webhooks;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Webhooks;

public sealed class WebhooksTests : IDisposable
{
    private static readonly string[] EveryEvent = ["job.succeeded", "job.failed", "job.canceled"];

    private readonly TempFolder folder = new();
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2025, 6, 1, 0, 0, 0, TimeSpan.Zero));

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_job_that_ends_is_told_once_signed_and_without_what_only_its_watchers_need()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var host = await StartAsync(new TestHandler());
        var webhook = await CreateAsync(host, receiver.Url);
        var began = time.GetUtcNow().ToUnixTimeSeconds();
        var job = await host.EndOfAsync((await host.StartJobAsync(secret: "token")).Id);
        var message = await MessageAsync(receiver, 0);

        var body = JsonElement.Parse(message.Body);
        var data = body.GetProperty("data");
        Assert.Equal("job.succeeded", body.GetProperty("type").GetString());
        Assert.Equal((job.Id, "succeeded", "sha256:done"), (data.GetProperty("id").GetString(), data.GetProperty("state").GetString(), data.GetProperty("result").GetProperty("digest").GetString()));
        Assert.False(data.TryGetProperty("progress", out _));
        Assert.DoesNotContain("token", message.Body, StringComparison.Ordinal);
        var key = WebhookSignature.KeyOf(webhook.GetProperty("secret").GetString()!)!;
        Assert.Equal(WebhookSignature.Sign(key, message.Id, message.Timestamp, message.Body), message.Signature);
        Assert.InRange(message.Timestamp, began, time.GetUtcNow().ToUnixTimeSeconds()); // the wait for it moves the clock

        var delivery = await UntilAsync(host, webhook, deliveries => deliveries is [var only] && only.GetProperty("state").GetString() is "delivered");
        Assert.Equal((message.Id, job.Id, 1, 204), (
            delivery.GetProperty("id").GetString(), delivery.GetProperty("jobId").GetString(), delivery.GetProperty("attempts").GetInt32(), delivery.GetProperty("status").GetInt32()));
        Assert.Single(receiver.Messages);
    }

    [Fact]
    public async Task Only_those_are_told_who_asked_for_the_event_and_the_namespace()
    {
        await using var all = await WebhookReceiver.StartAsync();
        await using var canceled = await WebhookReceiver.StartAsync();
        await using var elsewhere = await WebhookReceiver.StartAsync();
        var handler = TestHandler.Endless();
        await using var host = await StartAsync(handler);
        await CreateAsync(host, all.Url);
        await CreateAsync(host, canceled.Url, @namespace: "team-a", events: "job.canceled");
        await CreateAsync(host, elsewhere.Url, @namespace: "team-b");
        var first = await host.StartJobAsync();
        await handler.StartedAsync();
        await host.Get<JobCanceler>().CancelAsync(first.Id, TestClock.Limit());
        await host.EndOfAsync(first.Id);
        handler.OnRun = (_, _) => Task.FromResult<JsonNode?>(new JsonObject());
        var second = await host.EndOfAsync((await host.StartJobAsync()).Id);

        Assert.Equal([(first.Id, "job.canceled"), (second.Id, "job.succeeded")], [Told(await MessageAsync(all, 0)), Told(await MessageAsync(all, 1))]);
        Assert.Equal((first.Id, "job.canceled"), Told(await MessageAsync(canceled, 0)));
        Assert.Equal((2, 1, 0), (all.Messages.Count, canceled.Messages.Count, elsewhere.Messages.Count));
    }

    [Fact]
    public async Task A_message_that_is_not_taken_is_sent_again_under_its_id_for_a_day_and_then_the_receiver_is_paused_until_it_is_resumed()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        receiver.OnMessage = (_, _) => Task.FromResult(503);
        await using var host = await StartAsync(new TestHandler());
        var webhook = await CreateAsync(host, receiver.Url);
        await host.EndOfAsync((await host.StartJobAsync()).Id);
        var begin = time.GetUtcNow();
        var given = await UntilAsync(host, webhook, deliveries => deliveries is [var only] && only.GetProperty("state").GetString() is "failed", TimeSpan.FromMinutes(10));
        Assert.Equal((9, 503, "answered 503"), (given.GetProperty("attempts").GetInt32(), given.GetProperty("status").GetInt32(), given.GetProperty("error").GetString()));
        Assert.InRange(time.GetUtcNow() - begin, TimeSpan.FromHours(24), TimeSpan.FromHours(29));
        Assert.Equal((9, 1), (receiver.Messages.Count, receiver.Messages.Select(message => message.Id).Distinct().Count()));
        var paused = await UntilAsync(() => host.GetAsync(Path(webhook)), found => found.TryGetProperty("pausedAt", out _));
        Assert.Equal("the receiver answered 503", paused.GetProperty("pauseReason").GetString());

        receiver.OnMessage = (_, _) => Task.FromResult(200);
        await host.EndOfAsync((await host.StartJobAsync()).Id);
        await PassAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(9, receiver.Messages.Count);
        using var client = Client(host);
        Assert.Equal(HttpStatusCode.OK, (await client.PostAsync($"{Path(webhook)}/resume", null, TestClock.Limit())).StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, (await client.PostAsync($"{Path(webhook)}/deliveries/{given.GetProperty("id").GetString()}/redeliver", null, TestClock.Limit())).StatusCode);
        await UntilAsync(host, webhook, deliveries => deliveries.Length is 2 && deliveries.All(one => one.GetProperty("state").GetString() is "delivered"));
    }

    [Fact]
    public async Task Retry_after_is_heeded()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        receiver.OnMessage = (_, http) =>
        {
            http.Response.Headers.RetryAfter = "120";
            return Task.FromResult(receiver.Messages.Count is 1 ? 429 : 204);
        };
        await using var host = await StartAsync(new TestHandler());
        var webhook = await CreateAsync(host, receiver.Url);
        await host.EndOfAsync((await host.StartJobAsync()).Id);
        var waiting = await UntilAsync(host, webhook, deliveries => deliveries is [var only] && only.GetProperty("attempts").GetInt32() is 1);
        Assert.True(waiting.GetProperty("nextAttemptAt").GetDateTimeOffset() - waiting.GetProperty("lastAttemptAt").GetDateTimeOffset() >= TimeSpan.FromSeconds(120));
        await UntilAsync(host, webhook, deliveries => deliveries is [var only] && only.GetProperty("state").GetString() is "delivered", TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_receiver_that_is_gone_is_paused_at_once()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        receiver.OnMessage = (_, _) => Task.FromResult(410);
        await using var host = await StartAsync(new TestHandler());
        var webhook = await CreateAsync(host, receiver.Url);
        await host.EndOfAsync((await host.StartJobAsync()).Id);
        await UntilAsync(() => host.GetAsync(Path(webhook)), found => found.TryGetProperty("pausedAt", out _));
        Assert.Single(receiver.Messages);
    }

    [Fact]
    public async Task A_caller_who_may_not_read_the_jobs_any_more_is_told_nothing()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var host = await StartAsync(new TestHandler());
        var webhook = await CreateAsync(host, receiver.Url);
        await host.EndOfAsync((await host.StartJobAsync()).Id);
        await MessageAsync(receiver, 0);
        host.Revoke(new Gateway.Auth.Grant([Gateway.Auth.Permission.JobsRead], ["team-b"]));
        await host.EndOfAsync((await host.StartJobAsync()).Id);
        var id = webhook.GetProperty("id").GetString()!;
        await PassUntilAsync(() => Task.FromResult(host.Get<WebhookStore>().Find(id)!.PausedAt is not null), TimeSpan.FromSeconds(1));
        Assert.Equal("the key that it was made with is gone, or may no longer read these jobs", host.Get<WebhookStore>().Find(id)!.PauseReason);
        Assert.Single(receiver.Messages);
    }

    [Fact]
    public async Task A_redirect_is_not_followed_and_an_address_that_may_not_be_reached_is_not_dialled()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        receiver.OnMessage = (message, http) =>
        {
            http.Response.Headers.Location = "/elsewhere";
            return Task.FromResult(message.Path is "/hook" ? 307 : 204);
        };
        await using var host = await StartAsync(new TestHandler());
        var webhook = await CreateAsync(host, receiver.Url);
        var moved = await CreateAsync(host, receiver.Url);
        await host.Get<JobDatabase>().WriteAsync(
            connection => connection.Execute("UPDATE webhooks SET url = 'https://169.254.169.254/latest' WHERE id = @Id", new { Id = moved.GetProperty("id").GetString() }), TestClock.Limit());
        await host.EndOfAsync((await host.StartJobAsync()).Id);
        Assert.Equal("answered 307", (await AttemptedAsync(webhook)).GetProperty("error").GetString());
        Assert.Equal("is at an address this gateway may not reach", (await AttemptedAsync(moved)).GetProperty("error").GetString());
        Assert.All(receiver.Messages, message => Assert.Equal("/hook", message.Path));

        Task<JsonElement> AttemptedAsync(JsonElement to) => UntilAsync(host, to, deliveries => deliveries is [var only] && only.GetProperty("attempts").GetInt32() > 0);
    }

    [Fact]
    public async Task Receivers_that_do_not_answer_hold_up_no_other_however_many_they_are()
    {
        await using var slow = await WebhookReceiver.StartAsync();
        await using var quick = await WebhookReceiver.StartAsync();
        slow.OnMessage = NeverAsync;
        await using var host = await StartAsync(new TestHandler());
        for (var i = 0; i < WebhookStore.MostOfOne - 1; i++)
        {
            await CreateAsync(host, slow.Url);
        }

        await CreateAsync(host, quick.Url);
        for (var i = 0; i < 3; i++)
        {
            await host.EndOfAsync((await host.StartJobAsync()).Id);
        }

        await MessageAsync(slow, WebhookStore.MostOfOne - 2);
        await MessageAsync(quick, 2);
        Assert.Equal(WebhookStore.MostOfOne - 1, slow.Messages.Count);
    }

    [Fact]
    public async Task A_receiver_is_not_waited_for_without_end()
    {
        await using var slow = await WebhookReceiver.StartAsync();
        slow.OnMessage = NeverAsync;
        using var client = new WebhookClient(new() { Egress = new EgressPolicy(allowLoopback: true) }, time, TimeSpan.FromSeconds(0.2));
        var webhook = new Webhook("w", "key:alice", null, slow.Url, EveryEvent, [], time.GetUtcNow(), null, null);
        var delivery = new Delivery("msg_1", "w", "job.failed", "j", "{}", time.GetUtcNow(), 0, null, time.GetUtcNow(), null, null, null);
        Assert.Equal(new Attempt(null, "did not answer in 0.2 s"), await client.SendAsync(webhook, [1], delivery, TestClock.Limit()));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.SendAsync(webhook, [1], delivery, new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task Messages_that_wait_survive_a_restart()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        JobRecord job;
        JsonElement webhook;
        await using (var before = await StartAsync(new TestHandler()))
        {
            webhook = await CreateAsync(before, receiver.Url); // the clock stands still: nothing is sent
            job = await before.EndOfAsync((await before.StartJobAsync()).Id);
        }

        Assert.Empty(receiver.Messages);
        await using var host = await StartAsync(new TestHandler());
        Assert.Equal((job.Id, "job.succeeded"), Told(await MessageAsync(receiver, 0)));
    }

    [Fact]
    public async Task More_messages_than_are_kept_pause_the_receiver()
    {
        await using var host = await StartAsync(new TestHandler());
        var webhook = await CreateAsync(host, "http://127.0.0.1:9/hook");
        await host.Get<JobDatabase>().WriteAsync(connection => connection.Execute(
            """
            WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < @Most)
            INSERT INTO deliveries (id, webhook_id, event, job_id, payload, created_at, next_attempt_at) SELECT 'msg_' || n, @Webhook, 'job.failed', 'x', '{}', 0, 1000000000000000 FROM numbers
            """,
            new { Webhook = webhook.GetProperty("id").GetString(), Most = JobOutbox.MaxWaiting }), TestClock.Limit());
        await host.EndOfAsync((await host.StartJobAsync()).Id);
        Assert.Contains("10000 messages wait", (await host.GetAsync(Path(webhook))).GetProperty("pauseReason").GetString(), StringComparison.Ordinal);
        Assert.Equal(JobOutbox.MaxWaiting, host.Get<JobDatabase>().Read(connection => connection.ExecuteScalar<int>("SELECT count(*) FROM deliveries")));
    }

    [Fact]
    public async Task Messages_that_are_over_are_forgotten_by_age_and_beyond_a_count_and_those_that_wait_are_not()
    {
        await using var host = await StartAsync(new TestHandler());
        var webhook = (await CreateAsync(host, "http://127.0.0.1:9/hook")).GetProperty("id").GetString()!;
        var now = time.GetUtcNow();
        await host.Get<JobDatabase>().WriteAsync(connection => connection.Execute(
            """
            WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1300)
            INSERT INTO deliveries (id, webhook_id, event, job_id, payload, created_at, next_attempt_at)
            SELECT printf('msg_%04d', n), @Webhook, 'job.failed', 'x', '{}', @Now - 1300 + n, iif(n <= 3, 100000000000000, NULL) FROM numbers
            """,
            new { Webhook = webhook, Now = now.ToUnixTimeMilliseconds() }), TestClock.Limit());
        await host.Get<JobHousekeeping>().DeleteMessagesAsync(now.AddMilliseconds(-100), keep: 50, TestClock.Limit());
        var left = host.Get<WebhookStore>().Deliveries(webhook, olderThan: null, 1000).Select(delivery => delivery.Id).Order(StringComparer.Ordinal);
        Assert.Equal([.. Enumerable.Range(1, 3).Concat(Enumerable.Range(1251, 50)).Select(n => $"msg_{n:D4}")], left);
    }

    [Fact]
    public async Task The_secret_is_shown_once_and_nowhere_readable_in_the_store_even_where_the_request_is_sent_twice()
    {
        string secret;
        await using (var host = await StartAsync(new TestHandler()))
        {
            using var client = Client(host);
            client.DefaultRequestHeaders.Add("Idempotency-Key", "once");
            var answers = new List<string>();
            for (var i = 0; i < 2; i++)
            {
                var answer = await client.PostAsJsonAsync("/v1/webhooks", new { url = "https://127.0.0.1/hook", events = EveryEvent }, TestClock.Limit());
                Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
                answers.Add(await answer.Content.ReadAsStringAsync(TestClock.Limit()));
            }

            Assert.Equal(answers[0], answers[1]);
            secret = JsonElement.Parse(answers[0]).GetProperty("secret").GetString()!;
            Assert.DoesNotContain("secret", (await host.GetAsync("/v1/webhooks")).ToString(), StringComparison.OrdinalIgnoreCase);
        }

        var stored = string.Concat(Directory.GetFiles(folder.Path).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)).Select(file => System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(file))));
        Assert.DoesNotContain(secret, stored, StringComparison.Ordinal);
        Assert.DoesNotContain(secret[WebhookSignature.SecretPrefix.Length..], stored, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Webhooks_are_their_makers_and_an_admins_and_tell_nothing_the_maker_may_not_read()
    {
        await using var host = await StartAsync(new TestHandler());
        using var alice = host.Client("key:alice", "jobs:read", "team-a");
        using var bob = host.Client("key:bob", "jobs:read");
        using var admin = host.Client("key:root", "admin");
        Assert.Equal(HttpStatusCode.Forbidden, (await PostAsync(alice, @namespace: null)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await PostAsync(alice, "team-b")).StatusCode);
        var made = await PostAsync(alice, "team-a");
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var path = made.Headers.Location!.ToString();
        foreach (var call in new[] { path, $"{path}/deliveries", "/v1/webhooks/01jwm2x8g07000000000000000", "/v1/webhooks/x" })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await bob.GetAsync(call, TestClock.Limit())).StatusCode);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await bob.DeleteAsync(path, TestClock.Limit())).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await bob.PostAsync($"{path}/resume", null, TestClock.Limit())).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await alice.PostAsync($"{path}/deliveries/msg_1/redeliver", null, TestClock.Limit())).StatusCode);
        Assert.Empty((await host.GetAsync("/v1/webhooks", bob)).GetProperty("items").EnumerateArray());
        Assert.Single((await host.GetAsync("/v1/webhooks", admin)).GetProperty("items").EnumerateArray());

        // Without the grant it is still there to be seen and deleted, and sends nothing more at its maker's wish.
        using var without = host.Client("key:alice", "jobs:read", "team-b");
        Assert.Equal(HttpStatusCode.OK, (await without.GetAsync(path, TestClock.Limit())).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await without.PostAsync($"{path}/resume", null, TestClock.Limit())).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await without.PostAsync($"{path}/deliveries/msg_1/redeliver", null, TestClock.Limit())).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await without.DeleteAsync(path, TestClock.Limit())).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await alice.GetAsync(path, TestClock.Limit())).StatusCode);
    }

    [Fact]
    public async Task A_caller_has_a_bounded_number_of_webhooks()
    {
        await using var host = await StartAsync(new TestHandler());
        using var alice = host.Client("key:alice", "jobs:read");
        for (var i = 0; i < WebhookStore.MostOfOne; i++)
        {
            Assert.Equal(HttpStatusCode.Created, (await PostAsync(alice, "team-a")).StatusCode);
        }

        Assert.Equal(HttpStatusCode.Conflict, (await PostAsync(alice, "team-a")).StatusCode);
        using var bob = host.Client("key:bob", "jobs:read");
        Assert.Equal(HttpStatusCode.Created, (await PostAsync(bob, "team-a")).StatusCode);
    }

    [Theory]
    [InlineData("job.succeeded", "job.succeeded")]
    [InlineData("job.running")]
    [InlineData("JOB.FAILED")]
    [InlineData]
    public void What_is_no_set_of_events_is_refused(params string[] events) => Assert.Equal(
        "Events", Assert.Single(new WebhookRequestValidator().Validate(new WebhookRequest { Url = "https://127.0.0.1/hook", Events = events }).Errors).PropertyName);

    [Theory]
    [InlineData("http://portal.example.com/hook")]
    [InlineData("ftp://127.0.0.1/hook")]
    [InlineData("https://user:password@127.0.0.1/hook")]
    [InlineData("https://127.0.0.1/hook#part")]
    [InlineData("/hook")]
    [InlineData("https://")]
    [InlineData("")]
    public void What_is_no_receiver_is_refused(string url) => Assert.False(WebhookTarget.IsWellFormed(url));

    [Theory]
    [InlineData("https://10.0.0.1/hook")]
    [InlineData("https://169.254.169.254/latest/meta-data")]
    [InlineData("https://[fd00:ec2::254]/hook")]
    [InlineData("https://[::ffff:10.0.0.1]/hook")]
    [InlineData("https://0x0a000001/hook")]
    [InlineData("https://no-such-host.invalid/hook")]
    public async Task An_address_that_may_not_be_reached_is_told_when_the_webhook_is_made(string url)
    {
        var refused = await Assert.ThrowsAsync<ProblemException>(() => WebhookTarget.RequireAllowedAsync(url, new(), TestClock.Limit()));
        Assert.Equal("url", Assert.Single(refused.Errors!).Key);
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient client, string? @namespace) =>
        client.PostAsJsonAsync("/v1/webhooks", new { url = "https://127.0.0.1/hook", events = EveryEvent, @namespace }, TestClock.Limit());

    private static async Task<int> NeverAsync(ReceivedMessage message, HttpContext http)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return 204;
    }

    private static (string?, string?) Told(ReceivedMessage message)
    {
        var body = JsonElement.Parse(message.Body);
        return (body.GetProperty("data").GetProperty("id").GetString(), body.GetProperty("type").GetString());
    }

    private static string Path(JsonElement webhook) => $"/v1/webhooks/{webhook.GetProperty("id").GetString()}";

    private static HttpClient Client(JobsHost host) => host.Client("key:alice", "jobs:read");

    internal static async Task<JsonElement> CreateAsync(JobsHost host, string url, string? @namespace = null, params string[] events)
    {
        using var client = Client(host);
        var answer = await client.PostAsJsonAsync("/v1/webhooks", new { url, events = events is [] ? EveryEvent : events, @namespace }, TestClock.Limit());
        Assert.True(answer.StatusCode is HttpStatusCode.Created, await answer.Content.ReadAsStringAsync(TestClock.Limit()));
        return await answer.Content.ReadFromJsonAsync<JsonElement>(TestClock.Limit());
    }

    private Task<JobsHost> StartAsync(TestHandler handler) => JobsHost.StartAsync(folder, handler, time, webhooks: true);

    private async Task<ReceivedMessage> MessageAsync(WebhookReceiver receiver, int index)
    {
        await PassUntilAsync(() => Task.FromResult(receiver.Messages.Count > index), TimeSpan.FromSeconds(1));
        return receiver.Messages.ElementAt(index);
    }

    private Task<JsonElement> UntilAsync(JobsHost host, JsonElement webhook, Func<JsonElement[], bool> condition, TimeSpan? step = null) => UntilAsync(
        async () => (await host.GetAsync($"{Path(webhook)}/deliveries")).GetProperty("items"),
        items => condition([.. items.EnumerateArray()]), step, items => items.EnumerateArray().Last());

    private async Task<JsonElement> UntilAsync(Func<Task<JsonElement>> read, Func<JsonElement, bool> condition, TimeSpan? step = null, Func<JsonElement, JsonElement>? pick = null)
    {
        var seen = default(JsonElement);
        await PassUntilAsync(async () => condition(seen = await read()), step ?? TimeSpan.FromSeconds(1));
        return pick is null ? seen : pick(seen);
    }

    /// <summary>Lets time pass until it is so; between two steps the sender has a moment of the real clock.</summary>
    private Task PassUntilAsync(Func<Task<bool>> isTrue, TimeSpan step) => Wait.UntilAsync(
        async () =>
        {
            if (await isTrue())
            {
                return true;
            }

            time.Advance(step);
            return false;
        }, "what the webhooks do", seconds: 30);

    private async Task PassAsync(TimeSpan duration)
    {
        for (var passed = TimeSpan.Zero; passed < duration; passed += TimeSpan.FromSeconds(1))
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(50, TestClock.Limit());
        }
    }
}
