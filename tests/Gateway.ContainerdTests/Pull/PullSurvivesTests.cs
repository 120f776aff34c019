using Gateway.TestKit;

namespace Gateway.ContainerdTests.Pull;

/// <summary>Kills, cancels and full disks in the middle of a pull. Each test has a node of its own.</summary>
public sealed class PullSurvivesTests
{
    private const string Ns = "survives";
    private static readonly TestImage Image = TestImage.Of(Layer.Random(6_000_000, 1), Layer.Random(5_000_000, 2), Layer.Random(100_000, 3));

    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task Killed_gateway_goes_on_after_its_restart_without_fetching_twice_what_it_had(string version)
    {
        await using var node = await Node.StartAsync(version);
        await using var registry = await ScriptedRegistry.StartAsync();
        var gate = new Gate(registry, Image.Layers[0].Digest, 4_000_000);
        var reference = registry.Add("acme/app:1", Image);
        var id = (string)(await node.Api.StartPullAsync(Ns, new { reference }))["id"]!;
        await gate.Reached;
        await IngestHoldsAsync(node, Image.Layers[0].Digest);
        await node.Gateway.KillAsync();
        gate.Open();
        await node.Gateway.StartAsync();

        var job = await node.Api.EndOfAsync(id);

        Assert.True((string?)job["state"] is "succeeded", job.ToJsonString() + node.Gateway.Log);
        Assert.Equal(2, (int)job["attempt"]!);
        await IsWholeAsync(node, reference);
        var ranges = registry.Seen.Where(seen => seen.Path.EndsWith(Image.Layers[0].Digest, StringComparison.Ordinal)).Select(seen => seen.Range).ToArray();
        Assert.Null(ranges[0]);
        Assert.Matches("^bytes=[1-9][0-9]+-$", ranges[1]);
    }

    [Fact]
    public async Task Request_sent_again_after_a_kill_with_its_key_is_the_same_pull_and_an_upload_is_imported_once()
    {
        await using var node = await Node.StartAsync(Versions.Oldest);
        await using var registry = await ScriptedRegistry.StartAsync();
        var gate = new Gate(registry, Image.Layers[0].Digest, 2_000_000);
        var reference = registry.Add("acme/app:1", Image);
        var archive = TestArchive.OciLayout(("docker.io/acme/other:1", TestImage.Small(3))).ToBytes();
        var (pull, import) = (await PullAsync("a"), await ImportAsync("b"));
        await gate.Reached;
        await node.Gateway.KillAsync();
        gate.Open();
        await node.Gateway.StartAsync();

        foreach (var (first, again) in new[] { (pull, await PullAsync("a")), (import, await ImportAsync("b")) })
        {
            Assert.Equal((string?)first.Json["id"], (string?)again.Json["id"]);
            Assert.Equal("true", again.Headers.GetValues("Idempotent-Replayed").Single());
            Assert.Equal("succeeded", (string?)(await node.Api.EndOfAsync((string)first.Json["id"]!))["state"]);
        }

        Assert.Equal("idempotency_key_reused", (await ImportAsync("a")).Code);
        Assert.Equal(2, (await node.Api.GetAsync("/v1/jobs")).Json["items"]!.AsArray().Count);
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, Ns));

        Task<Answer> PullAsync(string key) => node.Api.PostAsync($"/v1/namespaces/{Ns}/images/pull", new { reference }, ("Idempotency-Key", key));

        Task<Answer> ImportAsync(string key)
        {
            var body = new ByteArrayContent(archive);
            body.Headers.ContentType = new("application/x-tar");
            return node.Api.SendAsync(HttpMethod.Post, $"/v1/namespaces/{Ns}/images/import", body, ("Idempotency-Key", key));
        }
    }

    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task Stopped_gateway_ends_cleanly_and_goes_on_after_its_restart(string version)
    {
        await using var node = await Node.StartAsync(version);
        await using var registry = await ScriptedRegistry.StartAsync();
        var gate = new Gate(registry, Image.Layers[1].Digest, 1_000_000);
        var reference = registry.Add("acme/app:1", Image);
        var id = (string)(await node.Api.StartPullAsync(Ns, new { reference }))["id"]!;
        await gate.Reached;
        Assert.Equal(0, await node.Gateway.TerminateAsync());
        gate.Open();
        await node.Gateway.StartAsync();
        Assert.Equal("succeeded", (string?)(await node.Api.EndOfAsync(id))["state"]);
        await IsWholeAsync(node, reference);
    }

    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task Killed_containerd_is_waited_for(string version)
    {
        await using var node = await Node.StartAsync(version);
        await using var registry = await ScriptedRegistry.StartAsync();
        var gate = new Gate(registry, Image.Layers[0].Digest, 2_000_000);
        var reference = registry.Add("acme/app:1", Image);
        var id = (string)(await node.Api.StartPullAsync(Ns, new { reference }))["id"]!;
        await gate.Reached;
        await node.Containerd.KillAsync();
        gate.Open();
        await Wait.UntilAsync(async () => (int)(await node.Api.GetAsync("/healthz/ready")).Status is 503, "the gateway tells that it is not ready");
        await node.Containerd.StartAsync();
        Assert.True((string?)(await node.Api.EndOfAsync(id))["state"] is "succeeded", node.Gateway.Log);
        Assert.Equal(200, (int)(await node.Api.GetAsync("/healthz/ready")).Status);
        await IsWholeAsync(node, reference);
    }

    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task Canceled_pull_leaves_nothing(string version)
    {
        await using var node = await Node.StartAsync(version);
        await using var registry = await ScriptedRegistry.StartAsync();
        var gate = new Gate(registry, Image.Layers[0].Digest, 3_000_000);
        var reference = registry.Add("acme/app:1", Image);
        var id = (string)(await node.Api.StartPullAsync(Ns, new { reference }))["id"]!;
        await gate.Reached;
        Assert.Equal(202, (int)(await node.Api.PostAsync($"/v1/jobs/{id}/cancel")).Status);
        Assert.Equal("canceled", (string?)(await node.Api.EndOfAsync(id))["state"]);
        gate.Open();
        Assert.Empty(await node.Ctr.ImagesAsync(Ns));
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, Ns));
    }

    [Theory]
    [InlineData(Versions.Oldest, "gateway", "native")]
    [InlineData("2", "transfer", "overlayfs")]
    public async Task Full_disk_is_told_as_such_and_the_pull_succeeds_once_there_is_room(string version, string engine, string snapshotter)
    {
        await using var containerd = await ContainerdDaemon.StartAsync(version, diskMegabytes: 24);
        await using var gateway = await GatewayProcess.StartAsync(
            containerd.Address, new Dictionary<string, string?> { ["Containerd__DefaultSnapshotter"] = snapshotter, ["Images__Engine"] = engine });
        await using var registry = await ScriptedRegistry.StartAsync();
        var big = registry.Add("acme/big:1", TestImage.Of(Layer.Random(30_000_000, 4)));
        var failed = await gateway.Api.PullAsync(Ns, new { reference = big });
        Assert.True((string?)failed["error"]?["code"] is "insufficient_storage", failed.ToJsonString());
        Assert.Equal(507, (int)failed["error"]!["status"]!);

        var small = registry.Add("acme/small:1", TestImage.Small(5));
        await Wait.UntilAsync(async () => (await containerd.Ctr.IngestsAsync(Ns)).Length is 0, "what the failed pull brought is gone");
        var job = await gateway.Api.PullAsync(Ns, new { reference = small });
        Assert.True((string?)job["state"] is "succeeded", job.ToJsonString());
        Assert.Empty(await Invariants.CheckAsync(containerd, Ns, snapshotter));
    }

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Job_that_runs_out_of_its_time_fails_as_deadline_exceeded(string version)
    {
        await using var node = await Node.StartAsync(version);
        await using var registry = await ScriptedRegistry.StartAsync();
        var gate = new Gate(registry, Image.Layers[0].Digest, 1_000_000);
        var job = await node.Api.PullAsync(Ns, new { reference = registry.Add("acme/app:1", Image), timeout = "2s" });
        gate.Open();
        Assert.Equal("deadline_exceeded", (string?)job["error"]!["code"]);
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, Ns));
    }

    [Fact]
    public async Task Daemon_that_is_down_answers_503_with_retry_after()
    {
        await using var node = await Node.StartAsync(Versions.Oldest);
        await node.Containerd.KillAsync();
        var answer = await node.Api.GetAsync("/v1/namespaces");
        Assert.Equal(503, (int)answer.Status);
        Assert.Equal("containerd_unavailable", answer.Code);
        Assert.True(answer.Headers.RetryAfter!.Delta > TimeSpan.Zero);
        await node.Containerd.StartAsync();
        Assert.Equal(200, (int)(await node.Api.GetAsync("/v1/namespaces")).Status);
    }

    private static async Task IsWholeAsync(Node node, string reference)
    {
        Assert.Matches(Ctr.Complete, await node.Ctr.CheckAsync(Ns, reference));
        Assert.Equal(Image.ChainIds.Order(), (await node.Ctr.SnapshotsAsync(Ns)).Select(snapshot => snapshot.Key).Order());
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, Ns));
    }

    private static Task IngestHoldsAsync(Node node, string digest) => Wait.UntilAsync(async () =>
        (await node.Ctr.IngestsAsync(Ns)).Any(ingest => ingest.Contains(digest, StringComparison.Ordinal) && !ingest.Contains("\t0B", StringComparison.Ordinal)), "containerd holds a part of the layer");

    /// <summary>Sends so many bytes of a blob and then waits until it is opened, or the client leaves.</summary>
    private sealed class Gate
    {
        private readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Gate(ScriptedRegistry registry, string digest, int bytes) => registry.Script = async http =>
        {
            if (opened.Task.IsCompleted || !http.Request.Path.Value!.EndsWith(digest, StringComparison.Ordinal))
            {
                return false;
            }

            http.Response.ContentLength = registry.Blob(digest).Length;
            await http.Response.Body.WriteAsync(registry.Blob(digest).AsMemory(0, bytes));
            await http.Response.Body.FlushAsync();
            reached.TrySetResult();
            await Task.WhenAny(opened.Task, Task.Delay(Timeout.Infinite, http.RequestAborted));
            http.Abort();
            return true;
        };

        public Task Reached => reached.Task;

        public void Open() => opened.TrySetResult();
    }
}
