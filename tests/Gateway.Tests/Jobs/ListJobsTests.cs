using System.Net;
using System.Text.Json;
using Gateway.Auth;
using Gateway.Jobs;

namespace Gateway.Tests.Jobs;

public sealed class ListJobsTests : IAsyncLifetime
{
    private static readonly Caller Bob = new("key:bob", []);

    private readonly TempFolder folder = new();
    private JobsHost host = null!;

    public async ValueTask InitializeAsync() => host = await JobsHost.StartAsync(folder, TestHandler.Endless(), settings: ("MaxRunning", "1"));

    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task Jobs_come_newest_first()
    {
        var made = await MakeAsync(5);
        Assert.Equal(made.Reverse(), Ids(await host.GetAsync("/v1/jobs")));
    }

    [Fact]
    public async Task Pages_hold_every_job_once_while_new_ones_arrive()
    {
        var made = await MakeAsync(7);
        var seen = new List<string>();
        string? path = "/v1/jobs?pageSize=3&namespace=team-a";
        while (path is not null)
        {
            using var answer = await host.Client().GetAsync(path, TestClock.Limit());
            var page = JsonElement.Parse(await answer.Content.ReadAsStringAsync(TestClock.Limit()));
            seen.AddRange(Ids(page));
            var token = page.GetProperty("nextPageToken").GetString();
            Assert.Equal(token is not null, answer.Headers.TryGetValues("Link", out var links));
            path = links?.Single().Split('<', '>')[1];
            Assert.True(path is null || (path.Contains("pageSize=3", StringComparison.Ordinal) && path.Contains("namespace=team-a", StringComparison.Ordinal)));
            await MakeAsync(1);
        }

        Assert.Equal(made.Reverse(), seen);
    }

    [Fact]
    public async Task The_last_page_of_exactly_its_size_has_no_next()
    {
        await MakeAsync(3);
        var page = await host.GetAsync("/v1/jobs?pageSize=3");
        Assert.Equal((3, JsonValueKind.Null), (page.GetProperty("items").GetArrayLength(), page.GetProperty("nextPageToken").ValueKind));
    }

    [Fact]
    public async Task Filters_narrow_together()
    {
        var first = Assert.Single(await MakeAsync(1));
        await host.UntilAsync(first, job => job.State == JobState.Running);
        var second = (await host.StartJobAsync(@namespace: "team-b")).Id;
        await host.UntilAsync(second, job => job.State == JobState.Running);
        var other = (await host.StartJobAsync(@namespace: "team-b")).Id;
        Assert.Equal([second, first], Ids(await host.GetAsync("/v1/jobs?state=running")));
        Assert.Equal([other, second], Ids(await host.GetAsync("/v1/jobs?namespace=team-b")));
        Assert.Equal([other], Ids(await host.GetAsync("/v1/jobs?namespace=team-b&state=queued&kind=test.work")));
        Assert.Equal([second], Ids(await host.GetAsync("/v1/jobs?namespace=team-b&state=running")));
        Assert.Empty(Ids(await host.GetAsync("/v1/jobs?namespace=team-b&state=succeeded")));
        Assert.Empty(Ids(await host.GetAsync("/v1/jobs?kind=image.pull")));
        Assert.Equal([other, second, first], Ids(await host.GetAsync("/v1/jobs?state=&kind=&namespace=")));
    }

    [Theory]
    [InlineData(null, "", "alice")]
    [InlineData("jobs:read", "team-a", "bob-in-a alice")]
    [InlineData("jobs:read", "team-*", "bob-in-b bob-in-a alice")]
    [InlineData("admin", "*", "bob-in-b bob-in-a alice")]
    [InlineData("images:pull", "*", "alice")]
    [InlineData("jobs:read", "team-c", "alice")]
    public async Task A_caller_sees_own_jobs_and_others_only_where_it_may_read_jobs(string? permission, string namespaces, string expected)
    {
        var names = new Dictionary<string, string>
        {
            [(await host.StartJobAsync()).Id] = "alice",
            [(await host.StartJobAsync(caller: Bob)).Id] = "bob-in-a",
            [(await host.StartJobAsync(caller: Bob, @namespace: "team-b")).Id] = "bob-in-b",
        };
        using var client = host.Client(permission: permission, namespaces: namespaces);
        Assert.Equal(expected, string.Join(' ', Ids(await host.GetAsync("/v1/jobs", client)).Select(id => names[id])));
    }

    [Theory]
    [InlineData("state=Running", "state")]
    [InlineData("state=done", "state")]
    [InlineData("state=1", "state")]
    [InlineData("pageSize=0", "pageSize")]
    [InlineData("pageSize=1001", "pageSize")]
    [InlineData("pageSize=-1", "pageSize")]
    [InlineData("pageToken=x", "pageToken")]
    [InlineData("pageToken=%00", "pageToken")]
    [InlineData("pageToken=MDFqd20yeDhnMDcwMDAwMDAwMDAwMDAwMDA7RFJPUA", "pageToken")]
    [InlineData("pageToken=MDFKV00yWDhHMDcwMDAwMDAwMDAwMDAwMDA", "pageToken")]
    public async Task A_parameter_outside_its_bounds_is_refused_by_name(string query, string field)
    {
        using var answer = await host.Client().GetAsync($"/v1/jobs?{query}", TestClock.Limit());
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var problem = JsonElement.Parse(await answer.Content.ReadAsStringAsync(TestClock.Limit()));
        Assert.Equal(field, Assert.Single(problem.GetProperty("errors").EnumerateObject()).Name);
    }

    [Theory]
    [InlineData("kind")]
    [InlineData("namespace")]
    public async Task A_name_that_cannot_exist_is_refused(string field)
    {
        using var answer = await host.Client().GetAsync($"/v1/jobs?{field}={new string('x', 129)}", TestClock.Limit());
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Theory]
    [InlineData("' OR 1=1 --")]
    [InlineData("team-a'; DROP TABLE jobs; --")]
    public async Task What_looks_like_sql_is_a_name_that_does_not_exist(string name)
    {
        await MakeAsync(1);
        Assert.Empty(Ids(await host.GetAsync($"/v1/jobs?namespace={Uri.EscapeDataString(name)}")));
        Assert.Single(Ids(await host.GetAsync("/v1/jobs")));
    }

    private async Task<string[]> MakeAsync(int count)
    {
        var ids = new string[count];
        for (var i = 0; i < count; i++)
        {
            ids[i] = (await host.StartJobAsync()).Id;
        }

        return ids;
    }

    private static List<string> Ids(JsonElement page) =>
        page.GetProperty("items").EnumerateArray().Select(job => job.GetProperty("id").GetString()!).ToList();
}
