using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Dapper;
using Gateway.Jobs;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Jobs;

public sealed class IdempotencyTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Same_request_with_the_same_key_gets_the_same_job()
    {
        await using var host = await JobsHost.StartAsync(folder, TestHandler.Endless());
        var first = await SendAsync(host, "/v1/work", "a-key", new { image = "alpine" });
        var second = await SendAsync(host, "/v1/work", "a-key", new { image = "alpine" });

        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.Accepted), (first.StatusCode, second.StatusCode));
        Assert.Equal(first.Headers.Location, second.Headers.Location);
        Assert.Equal((false, true), (IsReplayed(first), IsReplayed(second)));
        Assert.Equal(await IdOfAsync(first), await IdOfAsync(second));
        Assert.Equal(1, await JobsOfAsync(host));
    }

    [Theory]
    [InlineData("/v1/work?key=other", "alpine")]
    [InlineData("/v1/work", "busybox")]
    public async Task Same_key_with_another_request_is_refused(string path, string image)
    {
        await using var host = await JobsHost.StartAsync(folder, TestHandler.Endless());
        await SendAsync(host, "/v1/work", "a-key", new { image = "alpine" });
        var refused = await SendAsync(host, path, "a-key", new { image });

        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        Assert.Equal("idempotency_key_reused", await CodeOfAsync(refused));
        Assert.Equal(1, await JobsOfAsync(host));
    }

    [Fact]
    public async Task Another_callers_same_key_is_another_key()
    {
        await using var host = await JobsHost.StartAsync(folder, TestHandler.Endless());
        var first = await SendAsync(host, "/v1/work", "a-key", new { });
        var second = await SendAsync(host, "/v1/work", "a-key", new { }, host.Client("key:bob"));
        Assert.False(IsReplayed(second));
        Assert.NotEqual(await IdOfAsync(first), await IdOfAsync(second));
    }

    [Fact]
    public async Task Two_hundred_requests_at_once_with_one_key_start_one_job()
    {
        await using var host = await JobsHost.StartAsync(folder, TestHandler.Endless(), kestrel: true);
        var client = host.Client();
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => SendAsync(host, "/v1/work", "a-key", new { }, client)));

        var accepted = answers.Where(answer => answer.StatusCode is HttpStatusCode.Accepted).ToArray();
        Assert.Single(accepted, answer => !IsReplayed(answer));
        Assert.Single((await Task.WhenAll(accepted.Select(IdOfAsync))).Distinct());
        foreach (var other in answers.Except(accepted))
        {
            Assert.Equal((HttpStatusCode.Conflict, "idempotency_key_in_use"), (other.StatusCode, await CodeOfAsync(other)));
            Assert.Equal("1", other.Headers.GetValues("Retry-After").Single());
        }

        Assert.Equal(1, await JobsOfAsync(host));
    }

    [Fact]
    public async Task Key_outlives_the_process()
    {
        string first;
        await using (var host = await JobsHost.StartAsync(folder, TestHandler.Endless()))
        {
            first = await IdOfAsync(await SendAsync(host, "/v1/work", "a-key", new { }));
        }

        await using var next = await JobsHost.StartAsync(folder, TestHandler.Endless());
        var again = await SendAsync(next, "/v1/work", "a-key", new { });
        Assert.True(IsReplayed(again));
        Assert.Equal(first, await IdOfAsync(again));
    }

    [Fact]
    public async Task Key_that_a_dead_process_had_begun_with_is_free_again()
    {
        await using (var host = await JobsHost.StartAsync(folder, TestHandler.Endless()))
        {
            await LeaveBegunAsync(host);
        }

        await using var next = await JobsHost.StartAsync(folder, TestHandler.Endless());
        Assert.Equal(HttpStatusCode.Accepted, (await SendAsync(next, "/v1/work", "a-key", new { })).StatusCode);
    }

    [Fact]
    public async Task Key_of_what_is_no_job_stays_taken_where_a_process_died_over_it()
    {
        await using (var host = await JobsHost.StartAsync(folder, TestHandler.Endless()))
        {
            await LeaveBegunAsync(host, startsJob: false);
        }

        await using var next = await JobsHost.StartAsync(folder, TestHandler.Endless());
        var known = await next.Get<IdempotencyStore>().ClaimAsync(new IdempotencyKey(JobsHost.Alice.Subject, "a-key", [1]), isFirst: true, TestClock.Limit());
        Assert.True(known is { IsLost: true, Job: null, Answer: null });
        Assert.Equal("idempotency_key_reused", await CodeOfAsync(await SendAsync(next, "/v1/work", "a-key", new { })));
        Assert.Equal(0, await JobsOfAsync(next));
    }

    [Fact]
    public async Task Key_that_could_not_be_given_free_when_its_request_came_to_nothing_is_free_for_the_next()
    {
        await using var host = await JobsHost.StartAsync(folder, TestHandler.Endless());
        await LeaveBegunAsync(host);
        Assert.Equal(HttpStatusCode.Accepted, (await SendAsync(host, "/v1/work", "a-key", new { })).StatusCode);
        Assert.Equal("idempotency_key_reused", await CodeOfAsync(await SendAsync(host, "/v1/work", "a-key", new { other = 1 })));
    }

    private static async Task LeaveBegunAsync(JobsHost host, bool startsJob = true) => Assert.Null(await host.Get<IdempotencyStore>().ClaimAsync(
        new IdempotencyKey(JobsHost.Alice.Subject, "a-key", [1]) { StartsJob = startsJob }, isFirst: true, TestClock.Limit()));

    [Fact]
    public async Task Answer_that_is_no_job_is_given_again_as_it_was()
    {
        var calls = 0;
        await using var host = await JobsHost.StartAsync(folder, TestHandler.Endless(), more: async http =>
        {
            http.Response.StatusCode = StatusCodes.Status201Created;
            http.Response.Headers.Location = "/v1/more/1";
            http.Response.Headers.ETag = "\"1\"";
            await http.Response.WriteAsJsonAsync(new { Made = ++calls });
        });
        var first = await SendAsync(host, "/v1/more", "a-key", new { });
        var second = await SendAsync(host, "/v1/more", "a-key", new { });

        Assert.Equal(1, calls);
        Assert.True(IsReplayed(second));
        foreach (var answer in new[] { first, second })
        {
            Assert.Equal((HttpStatusCode.Created, "/v1/more/1", "\"1\""), (answer.StatusCode, answer.Headers.Location!.OriginalString, answer.Headers.ETag!.ToString()));
            Assert.Equal("""{"made":1}""", await answer.Content.ReadAsStringAsync());
            Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
        }
    }

    [Fact]
    public async Task Second_request_while_the_first_is_under_way_is_told_to_come_again()
    {
        var (entered, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var host = await JobsHost.StartAsync(folder, TestHandler.Endless(), more: async _ =>
        {
            entered.SetResult();
            await go.Task;
        });
        var first = SendAsync(host, "/v1/more", "a-key", new { });
        await entered.Task;
        Assert.Equal("idempotency_key_in_use", await CodeOfAsync(await SendAsync(host, "/v1/more", "a-key", new { })));
        go.SetResult();
        Assert.Equal(HttpStatusCode.OK, (await first).StatusCode);
        Assert.True(IsReplayed(await SendAsync(host, "/v1/more", "a-key", new { })));
    }

    [Fact]
    public async Task Request_that_failed_gives_its_key_free()
    {
        var failures = new ConcurrentQueue<int>([StatusCodes.Status409Conflict, StatusCodes.Status503ServiceUnavailable]);
        await using var host = await JobsHost.StartAsync(folder, TestHandler.Endless(), more: http =>
        {
            http.Response.StatusCode = failures.TryDequeue(out var status) ? status : StatusCodes.Status200OK;
            return Task.CompletedTask;
        });
        var statuses = new List<int>();
        for (var i = 0; i < 3; i++)
        {
            statuses.Add((int)(await SendAsync(host, "/v1/more", "a-key", new { })).StatusCode);
        }

        Assert.Equal([409, 503, 200], statuses);
    }

    [Theory]
    [InlineData("two words")]
    [InlineData("é")]
    [InlineData(256)]
    public async Task Malformed_key_is_400_and_names_the_header(object key)
    {
        await using var host = await JobsHost.StartAsync(folder, TestHandler.Endless());
        var answer = await SendAsync(host, "/v1/work", key is int length ? new string('k', length) : (string)key, new { });
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("Idempotency-Key", await answer.Content.ReadAsStringAsync());
        Assert.Equal(0, await JobsOfAsync(host));
    }

    [Fact]
    public async Task Keys_are_forgotten_after_a_day_and_the_oldest_beyond_the_count()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var host = await JobsHost.StartAsync(folder, TestHandler.Endless(), time);
        var store = host.Get<IdempotencyStore>();
        var housekeeping = host.Get<JobHousekeeping>();
        foreach (var name in new[] { "a", "b", "c" })
        {
            Assert.Null(await ClaimAsync(name));
            await store.KeepAsync(KeyOf(name), new StoredAnswer(201, new Dictionary<string, string>(), [1]));
            time.Advance(TimeSpan.FromHours(1));
        }

        Assert.Equal(1, await housekeeping.DeleteKeysAsync(time.GetUtcNow() - TimeSpan.FromHours(2.5), 10, TestClock.Limit()));
        Assert.Equal(1, await housekeeping.DeleteKeysAsync(DateTimeOffset.MinValue.AddYears(2000), 1, TestClock.Limit()));
        Assert.Null(await ClaimAsync("b"));
        Assert.Equal(201, (await ClaimAsync("c"))?.Answer?.Status);
        time.Advance(TimeSpan.FromHours(25));
        Assert.Null(await ClaimAsync("c"));

        Task<IdempotencyEntry?> ClaimAsync(string name) => store.ClaimAsync(KeyOf(name), isFirst: true, TestClock.Limit());

        static IdempotencyKey KeyOf(string name) => new("key:alice", name, [1]);
    }

    [Fact]
    public async Task Only_the_first_of_requests_at_once_takes_the_key_in_whatever_order_they_reach_the_store()
    {
        await using var host = await JobsHost.StartAsync(folder, TestHandler.Endless());
        var store = host.Get<IdempotencyStore>();
        var key = new IdempotencyKey("key:alice", "a-key", [1]);
        var second = await store.ClaimAsync(key, isFirst: false, TestClock.Limit());
        Assert.Equal((null, null), (second!.Job, second.Answer));
        Assert.Null(await store.ClaimAsync(key, isFirst: true, TestClock.Limit()));
        Assert.NotNull(await store.ClaimAsync(key, isFirst: false, TestClock.Limit()));
    }

    [Fact]
    public async Task What_was_done_is_not_done_again_where_its_answer_could_not_be_kept()
    {
        var calls = 0;
        SqliteConnection? writer = null;
        RequestDelegate make = async http =>
        {
            calls++;
            writer!.Execute("PRAGMA query_only = ON");
            http.Response.StatusCode = StatusCodes.Status201Created;
            await http.Response.WriteAsJsonAsync(new { Made = calls });
        };
        await using var host = await JobsHost.StartAsync(folder, TestHandler.Endless(), more: make);
        writer = await host.Get<JobDatabase>().WriteAsync(connection => connection, TestClock.Limit());
        Assert.Equal(HttpStatusCode.Created, (await SendAsync(host, "/v1/more", "a-key", new { })).StatusCode);
        writer.Execute("PRAGMA query_only = OFF");

        Assert.Equal("idempotency_key_in_use", await CodeOfAsync(await SendAsync(host, "/v1/more", "a-key", new { })));

        // To the next process it looks as if this one had been killed over it.
        await host.StopAsync();
        await using var next = await JobsHost.StartAsync(folder, TestHandler.Endless(), more: make);
        var lost = await SendAsync(next, "/v1/more", "a-key", new { });
        Assert.Equal(HttpStatusCode.Conflict, lost.StatusCode);
        Assert.Contains("it is not known whether that was done", await lost.Content.ReadAsStringAsync(TestClock.Limit()), StringComparison.Ordinal);
        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task Key_goes_with_its_job()
    {
        await using var host = await JobsHost.StartAsync(folder, new TestHandler());
        var first = await IdOfAsync(await SendAsync(host, "/v1/work", "a-key", new { }));
        await host.EndOfAsync(first);
        Assert.True(IsReplayed(await SendAsync(host, "/v1/work", "a-key", new { })));
        Assert.Equal(HttpStatusCode.NoContent, (await host.Client().DeleteAsync($"/v1/jobs/{first}")).StatusCode);
        Assert.NotEqual(first, await IdOfAsync(await SendAsync(host, "/v1/work", "a-key", new { })));
    }

    private static async Task<HttpResponseMessage> SendAsync(JobsHost host, string path, string key, object body, HttpClient? client = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        return await (client ?? host.Client()).SendAsync(request, TestClock.Limit());
    }

    private static bool IsReplayed(HttpResponseMessage answer) => answer.Headers.TryGetValues("Idempotent-Replayed", out var values) && values.Single() is "true";

    private static async Task<string> IdOfAsync(HttpResponseMessage answer) => (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;

    private static async Task<string?> CodeOfAsync(HttpResponseMessage answer) => (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString();

    private static async Task<int> JobsOfAsync(JobsHost host) => (await host.GetAsync("/v1/jobs")).GetProperty("items").GetArrayLength();
}
