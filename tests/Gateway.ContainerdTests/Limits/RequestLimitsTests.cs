using System.Net;
using Gateway.ContainerdTests.Tenancy;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Limits;

/// <summary>Rates of requests. There is no containerd here: what comes through to a namespace is answered 503.</summary>
public sealed class RequestLimitsTests
{
    private const string Wrong = "gwk_noisy_0000000000000000000000000000000000000000000";

    [Fact]
    public async Task One_caller_at_full_speed_is_told_to_wait_and_no_request_of_another_is_refused()
    {
        await using var gateway = await StartAsync(("Limits__RequestsPerSecond", "20"));
        using var noisy = gateway.As("noisy");
        using var quiet = gateway.As("quiet");
        using var enough = new CancellationTokenSource();
        var flood = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => FloodAsync(noisy, enough.Token)));
        await Wait.UntilAsync(async () => (await noisy.GetAsync("/v1/jobs")).Status is HttpStatusCode.TooManyRequests, "the flood is refused");
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await quiet.GetAsync("/v1/jobs")).Status);
        }

        await enough.CancelAsync();
        var answers = (await flood).SelectMany(answered => answered).ToList();
        Assert.All(answers, answer => Assert.True(answer.Status is HttpStatusCode.OK or HttpStatusCode.TooManyRequests, answer.Text));
        Assert.Contains(answers, answer => answer.Status is HttpStatusCode.OK);
        var refused = answers.First(answer => answer.Status is HttpStatusCode.TooManyRequests);
        Assert.Equal("too_many_requests", refused.Code);
        Assert.True(refused.Headers.RetryAfter!.Delta >= TimeSpan.FromSeconds(1));
        using var nobody = new GatewayApi(gateway.Url, null);
        Assert.Equal(HttpStatusCode.OK, (await nobody.GetAsync("/healthz/live")).Status);
    }

    [Fact]
    public async Task All_who_call_on_one_namespace_share_its_rate_and_others_have_their_own()
    {
        await using var gateway = await StartAsync(("Limits__NamespaceRequestsPerSecond", "5"));
        using var noisy = gateway.As("noisy");
        using var quiet = gateway.As("quiet");

        // Who may not call on it takes nothing of it.
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(HttpStatusCode.Forbidden, (await quiet.GetAsync("/v1/namespaces/noisy/images")).Status);
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await noisy.GetAsync("/v1/namespaces/noisy/images")).Status);
        await RefusedAsync(noisy, "/v1/namespaces/noisy/images");
        await RefusedAsync(gateway.Api, "/v1/namespaces/noisy/images");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await quiet.GetAsync("/v1/namespaces/quiet/images")).Status);
        Assert.Equal(HttpStatusCode.OK, (await noisy.GetAsync("/v1/jobs")).Status);
    }

    [Fact]
    public async Task Caller_is_told_to_wait_when_it_asks_for_what_it_may_not_and_its_refusals_fill_no_audit()
    {
        await using var gateway = await StartAsync(("Limits__RequestsPerSecond", "5"));
        using var quiet = gateway.As("quiet");
        var refused = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => quiet.PostAsync("/v1/namespaces/noisy/images/prune", new { })));
        var denied = refused.Count(answer => answer.Status is HttpStatusCode.Forbidden);
        Assert.Equal(200 - denied, refused.Count(answer => answer.Status is HttpStatusCode.TooManyRequests));
        Assert.InRange(denied, 10, 100);
        Assert.Equal(denied, File.ReadLines(Path.Combine(gateway.Folder, "audit.jsonl")).Count(line => line.Contains("\"kind\":\"denied\"", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Address_that_guesses_is_not_listened_to_even_when_it_is_right()
    {
        await using var gateway = await StartAsync(("Limits__WrongCredentialsPerMinute", "5"));
        using var guesser = new GatewayApi(gateway.Url, Wrong);
        using var nobody = new GatewayApi(gateway.Url, null);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.GetAsync("/v1/jobs")).Status); // shows none: no guess
            Assert.Equal(HttpStatusCode.OK, (await gateway.Api.GetAsync("/v1/jobs")).Status);
            Assert.Equal(HttpStatusCode.Unauthorized, (await guesser.GetAsync("/v1/jobs")).Status);
        }

        var refused = await RefusedAsync(guesser, "/v1/jobs");
        Assert.True(refused.Headers.RetryAfter!.Delta >= TimeSpan.FromSeconds(1));
        await RefusedAsync(nobody, "/v1/jobs", ("X-API-Key", Wrong));
        await Wait.UntilAsync(async () =>
        {
            await guesser.GetAsync("/v1/jobs");
            return (await gateway.Api.GetAsync("/v1/jobs")).Status is HttpStatusCode.TooManyRequests;
        }, "the right key is refused too");
        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.GetAsync("/v1/jobs")).Status);
        Assert.Equal(HttpStatusCode.OK, (await guesser.GetAsync("/healthz/live")).Status);
    }

    [Theory]
    [InlineData("Limits__RequestsPerSecond", "-1")]
    [InlineData("Limits__NamespaceRequestsPerSecond", "1000001")]
    [InlineData("Limits__WrongCredentialsPerMinute", "-1")]
    [InlineData("Limits__ConnectionsPerAddress", "0")]
    [InlineData("Limits__QueuedJobsPerSubject", "-1")]
    [InlineData("Limits__QueuedJobsPerNamespace", "100001")]
    [InlineData("Limits__RunningJobsPerNamespace", "65")]
    [InlineData("Limits__RunningJobsPerSubject", "65")]
    [InlineData("Limits__BytesPerNamespace", "-1")]
    [InlineData("Jobs__MaxWatchersPerSubject", "0")]
    public async Task Limit_out_of_bounds_refuses_the_start(string name, string value)
    {
        var (exit, log) = await GatewayProcess.StartRefusedAsync(new Dictionary<string, string?> { [name] = value });
        Assert.NotEqual(0, exit);
        Assert.Contains(name.Split("__")[1], log);
    }

    private static Task<GatewayProcess> StartAsync(params (string Name, string Value)[] limits)
    {
        var settings = Tenants.Settings(["images:read"], "noisy", "quiet");
        foreach (var (name, value) in limits)
        {
            settings[name] = value;
        }

        return GatewayProcess.StartAsync("/nonexistent", settings);
    }

    private static async Task<List<Answer>> FloodAsync(GatewayApi api, CancellationToken enough)
    {
        var answers = new List<Answer>();
        while (!enough.IsCancellationRequested)
        {
            answers.Add(await api.GetAsync("/v1/jobs"));
        }

        return answers;
    }

    // A bucket is refilled while it is emptied.
    private static async Task<Answer> RefusedAsync(GatewayApi api, string path, params (string, string)[] headers)
    {
        Answer? answer = null;
        await Wait.UntilAsync(async () => (answer = await api.SendAsync(HttpMethod.Get, path, null, headers)).Status is HttpStatusCode.TooManyRequests, $"{path} is refused");
        return answer!;
    }
}
