using System.Text.Json.Nodes;
using Gateway.TestKit;
using Microsoft.AspNetCore.Http;

namespace Gateway.ContainerdTests.Pull;

/// <summary>A registry that misbehaves in the middle of a pull.</summary>
public sealed class PullFaultsTests(Nodes nodes)
{
    private static readonly TestImage Image = TestImage.Of(Layer.Random(3_000_000, 1), Layer.Random(2_000_000, 2), Layer.Random(1_000_000, 3));

    private static string First => Image.Layers[0].Digest;

    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task Connection_that_breaks_goes_on_where_it_stopped(string version)
    {
        var broken = 0;
        var (job, registry, _) = await PullAsync(version, async (http, registry) =>
        {
            if (!http.Request.Path.Value!.EndsWith(First, StringComparison.Ordinal) || Interlocked.Increment(ref broken) > 2)
            {
                return false;
            }

            // Half of what is left, and then the line is cut; what is still in flight is lost with it.
            var bytes = registry.Blob(First);
            var from = OffsetOf(http.Request.Headers.Range);
            http.Response.StatusCode = from is 0 ? 200 : 206;
            http.Response.ContentLength = bytes.Length - from;
            http.Response.Headers.ContentRange = from is 0 ? default : $"bytes {from}-{bytes.Length - 1}/{bytes.Length}";
            await http.Response.Body.WriteAsync(bytes.AsMemory(from, (bytes.Length - from) / 2));
            await http.Response.Body.FlushAsync();
            http.Abort();
            return true;
        });
        Assert.True((string?)job["state"] is "succeeded", job.ToJsonString());
        var ranges = registry.Seen.Where(seen => seen.Path.EndsWith(First, StringComparison.Ordinal)).Select(seen => seen.Range).ToArray();
        Assert.Equal(3, ranges.Length);
        Assert.True(0 < OffsetOf(ranges[1]) && OffsetOf(ranges[1]) < OffsetOf(ranges[2]), string.Join(' ', ranges));
    }

    public static TheoryData<string, string, int> Answers => new()
    {
        { Versions.Oldest, "registry_unauthorized", 401 },
        { Versions.Oldest, "registry_forbidden", 403 },
        { Versions.Oldest, "image_not_found", 404 },
        { Versions.Transfer, "registry_unauthorized", 401 },
        { Versions.Transfer, "registry_forbidden", 403 },
        { Versions.Transfer, "image_not_found", 404 },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Final_answer_for_a_layer_is_told_by_its_code_and_not_tried_again(string version, string code, int status)
    {
        var (job, registry, _) = await PullAsync(version, (http, _) => Answer(http, First, status));
        Assert.Equal(code, (string?)job["error"]!["code"]);
        Assert.Equal(1, (int)job["attempt"]!);
        Assert.Equal(1, registry.Count(First));
    }

    [Theory]
    [InlineData(Versions.Oldest, 429)]
    [InlineData(Versions.Oldest, 500)]
    [InlineData(Versions.Oldest, 503)]
    [InlineData(Versions.Transfer, 429)]
    [InlineData(Versions.Transfer, 500)]
    [InlineData(Versions.Transfer, 503)]
    public async Task Passing_failure_is_tried_again(string version, int status)
    {
        var left = 2;
        var (job, _, _) = await PullAsync(version, (http, _) =>
            http.Request.Path.Value!.EndsWith(First, StringComparison.Ordinal) && Interlocked.Decrement(ref left) >= 0 ? Answer(http, First, status) : Task.FromResult(false));
        Assert.True((string?)job["state"] is "succeeded", job.ToJsonString());
    }

    [Fact]
    public async Task Registry_that_limits_to_the_end_is_told_as_rate_limited()
    {
        var (job, _, _) = await PullAsync(Versions.Oldest, (http, _) => Answer(http, "/manifests/", 429), ("Jobs__MaxAttempts", "1"), ("Registries__MaxAttempts", "2"));
        Assert.Equal("registry_rate_limited", (string?)job["error"]!["code"]);
        Assert.True((bool)job["error"]!["retryable"]!);
    }

    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task Wrong_bytes_are_refused_and_never_seen(string version)
    {
        var (job, registry, _) = await PullAsync(version, async (http, registry) =>
        {
            if (!http.Request.Path.Value!.EndsWith(First, StringComparison.Ordinal))
            {
                return false;
            }

            var bytes = (byte[])registry.Blob(First).Clone();
            bytes[1_500_000] ^= 1;
            await ScriptedRegistry.WriteBlobAsync(http, bytes);
            return true;
        });
        Assert.Equal("digest_mismatch", (string?)job["error"]!["code"]);
        // The gateway's engine asks once more, from zero; whether the daemon's does is its own affair.
        Assert.InRange(registry.Count(First), version.EndsWith("/transfer", StringComparison.Ordinal) ? 1 : 2, 2);
    }

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Registry_that_falls_silent_is_told_as_timed_out(string version)
    {
        var (job, _, _) = await PullAsync(version, async (http, registry) =>
        {
            if (!http.Request.Path.Value!.EndsWith(First, StringComparison.Ordinal))
            {
                return false;
            }

            http.Response.ContentLength = registry.Blob(First).Length;
            await http.Response.Body.WriteAsync(registry.Blob(First).AsMemory(0, 1000));
            await http.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return true;
        }, ("Registries__IdleTimeout", "00:00:00.300"), ("Jobs__MaxAttempts", "1"));
        Assert.Equal("registry_timeout", (string?)job["error"]!["code"]);
    }

    [Fact]
    public async Task Registry_that_is_not_there_is_unavailable()
    {
        await using var node = await Node.StartAsync(Versions.Oldest, new Dictionary<string, string?> { ["Jobs__MaxAttempts"] = "1", ["Registries__MaxAttempts"] = "2" });
        var job = await node.Api.PullAsync("gone", new { reference = $"127.0.0.1:{DockerRegistry.FreePort()}/acme/app:1" });
        Assert.Equal("registry_unavailable", (string?)job["error"]!["code"]);
    }

    private static int OffsetOf(string? range) =>
        string.IsNullOrEmpty(range) ? 0 : int.Parse(range["bytes=".Length..].TrimEnd('-'), System.Globalization.CultureInfo.InvariantCulture);

    private static Task<bool> Answer(HttpContext http, string pathPart, int status)
    {
        var hit = http.Request.Path.Value!.Contains(pathPart, StringComparison.Ordinal);
        http.Response.StatusCode = hit ? status : 200;
        return Task.FromResult(hit);
    }

    // Pulls through the script and checks that nothing is left, whatever the end. Settings start a node of the test's own.
    private async Task<(JsonObject Job, ScriptedRegistry Registry, string Namespace)> PullAsync(
        string version, Func<HttpContext, ScriptedRegistry, Task<bool>> script, params (string Name, string Value)[] settings)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var own = settings.Length is 0 ? null : await Node.StartAsync(version, settings.ToDictionary(setting => setting.Name, setting => (string?)setting.Value));
        try
        {
            var node = own ?? await nodes.NodeAsync(version);
            var ns = nodes.NewName("fault");
            var reference = registry.Add("acme/app:1", Image);
            registry.Script = http => script(http, registry);
            var job = await node.Api.PullAsync(ns, new { reference });
            var violations = await Invariants.CheckAsync(node.Containerd, ns);
            Assert.True(violations.Count is 0, string.Join('\n', [.. violations, .. node.Gateway.Log.Split('\n').Where(line => line.Contains((string)job["id"]!, StringComparison.Ordinal))]));
            Assert.Equal((string?)job["state"] is "succeeded" ? [reference] : [], await node.Ctr.ImagesAsync(ns));
            return (job, registry, ns);
        }
        finally
        {
            if (own is not null)
            {
                await own.DisposeAsync();
            }
        }
    }
}
