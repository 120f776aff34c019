using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Gateway.Audit;
using Gateway.Auth;
using Gateway.Tests.Jobs;

namespace Gateway.Tests.Audit;

/// <summary>What is recorded of requests, what is not, and who may read it.</summary>
public sealed class AuditRequestsTests : IDisposable
{
    private const string Canary = "canary-9fV3kQ7xW2mB5tZ8";

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task No_secret_of_a_request_is_recorded_wherever_it_stands()
    {
        await using var host = await AuditHost.StartAsync(folder);
        var client = host.Client();
        client.DefaultRequestHeaders.Add("X-Secret", Canary);
        var body = new { reference = "alpine", auth = new { username = "user", password = Canary } };
        string[] paths =
        [
            $"/v1/namespaces/team-a/images/pull?token={Canary}", "/v1/namespaces/team-a/images/pull", $"/v1/webhooks?secret={Canary}",
        ];
        foreach (var path in paths)
        {
            using var answer = await AuditHost.ChangeAsync(client, HttpMethod.Post, path, JsonContent.Create(body));
        }

        foreach (var path in new[] { $"user:{Canary}@registry.test/app:1", $"user:{Canary}%40registry.test%2Fapp:1", $"gwk_ci_{Canary}{Canary}" })
        {
            using var answer = await AuditHost.ChangeAsync(client, HttpMethod.Delete, $"/v1/namespaces/team-a/images/{path}");
        }

        Assert.Equal(2 * (paths.Length + 3), host.Records.Count);
        var text = string.Join('\n', AuditTrial.LinesOf(host.Path));
        Assert.DoesNotContain(Canary, text);
        Assert.DoesNotContain(AuditHost.Admin, text);
        Assert.DoesNotContain(AuditHost.Admin["gwk_bootstrap_".Length..], text);
        Assert.Contains("/images/{**reference}", text);
    }

    [Fact]
    public async Task Name_with_a_digest_stays_readable_and_control_characters_and_long_paths_stay_one_line()
    {
        await using var host = await AuditHost.StartAsync(folder);
        var client = host.Client();
        var digest = "sha256:" + new string('a', 64);
        string[] paths = [$"app@{digest}", "a%0Aforged%0D%E2%80%AEb", new string('x', 4000)];
        foreach (var path in paths)
        {
            using var answer = await AuditHost.ChangeAsync(client, HttpMethod.Delete, $"/v1/namespaces/team-a/images/{path}");
        }

        var lines = AuditTrial.LinesOf(host.Path);
        Assert.Equal(6, lines.Length);
        Assert.All(lines, line => Assert.True(line.Length < AuditLine.MaxBytes / 2 && line.All(c => c is >= ' ' and <= '~'), line));
        Assert.EndsWith($"app@{digest}", host.Records[0].Path);
        Assert.Contains("a\nforged\r\u202eb", host.Records[2].Path);
        Assert.Equal(1024 + "...".Length, host.Records[4].Path!.Length);
    }

    [Fact]
    public async Task Trace_and_request_id_of_the_caller_join_the_records_with_what_else_is_known_of_it()
    {
        const string traceId = "0af7651916cd43dd8448eb211c80319c";
        await using var host = await AuditHost.StartAsync(folder);
        var client = host.Client();
        client.DefaultRequestHeaders.Add("X-Request-Id", "mine-1");
        client.DefaultRequestHeaders.Add("traceparent", $"00-{traceId}-b7ad6b7169203331-01");
        using var answer = await AuditHost.ChangeAsync(client, HttpMethod.Post, "/v1/namespaces", JsonContent.Create(new { name = "team-a" }));
        Assert.Equal(2, host.Records.Count);
        Assert.All(host.Records, record => Assert.Equal((traceId, "mine-1"), (record.TraceId, record.Request)));
    }

    [Fact]
    public async Task While_the_audit_cannot_be_written_changes_are_refused_and_reads_go_on()
    {
        await using var host = await AuditHost.StartAsync(folder);
        var client = host.Client();
        File.Move(host.Path, host.Path + "-away");

        using var refused = await AuditHost.ChangeAsync(client, HttpMethod.Post, "/v1/webhooks", Webhook());
        var problem = JsonNode.Parse(await refused.Content.ReadAsStringAsync())!;
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "audit_unavailable"), (refused.StatusCode, (string?)problem["code"]));
        Assert.True(refused.Headers.RetryAfter!.Delta > TimeSpan.Zero);
        Assert.DoesNotContain(folder.Path, problem.ToJsonString());
        Assert.Empty((await client.GetFromJsonAsync<JsonObject>("/v1/webhooks"))!["items"]!.AsArray());

        File.Move(host.Path + "-away", host.Path);
        using var taken = await AuditHost.ChangeAsync(client, HttpMethod.Post, "/v1/webhooks", Webhook());
        Assert.Equal(HttpStatusCode.Created, taken.StatusCode);
        Assert.Single((await client.GetFromJsonAsync<JsonObject>("/v1/webhooks"))!["items"]!.AsArray());
    }

    [Fact]
    public async Task Denial_stays_a_denial_where_it_cannot_be_recorded()
    {
        var (key, hash) = ApiKeys.Make("reader");
        await using var host = await AuditHost.StartAsync(folder, ("reader", hash, Permission.NodeRead, "team-a"));
        File.Move(host.Path, host.Path + "-away");
        using var denied = await AuditHost.ChangeAsync(host.Client(key), HttpMethod.Post, "/v1/namespaces");
        Assert.Equal(HttpStatusCode.Forbidden, denied.StatusCode);
    }

    [Fact]
    public async Task List_shows_each_caller_the_namespaces_it_may_and_what_it_asks_for()
    {
        var (alice, aliceHash) = ApiKeys.Make("alice");
        var (bob, bobHash) = ApiKeys.Make("bob");
        await using var host = await AuditHost.StartAsync(
            folder, ("alice", aliceHash, Permission.ImagesDelete, "team-a"), ("bob", bobHash, Permission.ImagesDelete, "team-*"));
        var (admin, a, b) = (host.Client(), host.Client(alice), host.Client(bob));
        (await AuditHost.ChangeAsync(a, HttpMethod.Delete, "/v1/namespaces/team-a/images/one")).Dispose();
        (await AuditHost.ChangeAsync(b, HttpMethod.Delete, "/v1/namespaces/team-b/images/two")).Dispose();
        (await AuditHost.ChangeAsync(a, HttpMethod.Delete, "/v1/namespaces/team-b/images/three")).Dispose();
        (await AuditHost.ChangeAsync(admin, HttpMethod.Post, "/v1/namespaces", JsonContent.Create(new { name = "x" }))).Dispose();

        Assert.Equal(["result", "intent", "denied", "result", "intent", "result", "intent"], await KindsAsync(admin, ""));
        Assert.Equal([7L, 6, 5, 4, 3, 2, 1], (await AuditHost.ListAsync(admin)).Select(record => (long)record!["sequence"]!));
        Assert.Equal(["result", "intent"], await KindsAsync(a, ""));
        Assert.All(await AuditHost.ListAsync(a), record => Assert.Equal("team-a", (string?)record!["namespace"]));
        Assert.Equal(["denied", "result", "intent", "result", "intent"], await KindsAsync(b, ""));
        Assert.Empty(await KindsAsync(a, "?namespace=team-b"));
        Assert.Equal(["denied", "result", "intent"], await KindsAsync(b, "?namespace=team-b"));
        Assert.Equal(["denied"], await KindsAsync(b, "?namespace=team-b&subject=key:alice&operation=deleteImage"));
        Assert.Equal(["result", "intent"], await KindsAsync(admin, "?operation=createNamespace"));
        Assert.Empty(await KindsAsync(admin, "?job=none"));
        Assert.Empty(await KindsAsync(admin, "?until=2020-01-01T00:00:00Z"));
        Assert.Equal(7, (await KindsAsync(admin, "?since=2020-01-01T00:00:00.5%2B02:00")).Length);

        async Task<string[]> KindsAsync(HttpClient client, string query) => [.. (await AuditHost.ListAsync(client, query)).Select(record => (string)record!["kind"]!)];
    }

    [Fact]
    public async Task Pages_lead_on_by_token_and_link()
    {
        await using var host = await AuditHost.StartAsync(folder);
        var client = host.Client();
        for (var i = 0; i < 3; i++)
        {
            (await AuditHost.ChangeAsync(client, HttpMethod.Delete, "/v1/namespaces/team-a/images/one")).Dispose();
        }

        var seen = new List<long>();
        for (var next = "/v1/audit?pageSize=4"; next is not null;)
        {
            using var answer = await client.GetAsync(next);
            var page = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
            seen.AddRange(page["items"]!.AsArray().Select(record => (long)record!["sequence"]!));
            next = answer.Headers.TryGetValues("Link", out var link) ? link.Single().Split('>')[0][1..] : null;
            Assert.Equal(next is null, page["nextPageToken"] is null);
        }

        Assert.Equal([6L, 5, 4, 3, 2, 1], seen);
    }

    [Theory]
    [InlineData("?pageSize=0")]
    [InlineData("?pageSize=1001")]
    [InlineData("?pageToken=nothing")]
    [InlineData("?pageToken=MTphYmM")]
    [InlineData("?since=yesterday")]
    [InlineData("?until=2026-01-31")]
    [InlineData("?namespace=")]
    public async Task Query_out_of_bounds_is_refused(string query)
    {
        await using var host = await AuditHost.StartAsync(folder);
        using var answer = await host.Client().GetAsync("/v1/audit" + query);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task List_needs_its_own_permission()
    {
        var (key, hash) = ApiKeys.Make("reader");
        await using var host = await AuditHost.StartAsync(folder, ("reader", hash, Permission.NodeRead, "team-a"));
        using var admin = await host.Client().GetAsync("/v1/audit");
        using var reader = await host.Client(key).GetAsync("/v1/audit");
        using var unknown = await host.Client(null).GetAsync("/v1/audit");
        Assert.Equal(
            (HttpStatusCode.OK, HttpStatusCode.Forbidden, HttpStatusCode.Unauthorized), (admin.StatusCode, reader.StatusCode, unknown.StatusCode));
    }

    private static JsonContent Webhook() => JsonContent.Create(new { url = "http://127.0.0.1:9/hook", events = new[] { "job.failed" } });
}
