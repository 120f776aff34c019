using System.Text.Json.Nodes;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Push;

/// <summary>Kills and cancels in the middle of a push. Each test has a node of its own.</summary>
public sealed class PushSurvivesTests
{
    private const string Ns = "survives";
    private static readonly TestImage Image = TestImage.Of(Layer.Random(3_000_000, 41), Layer.Random(2_000_000, 42));

    // More than sockets take in while the registry reads no more: 32 MiB and 4 MiB where the kernel is told to be generous.
    private static readonly TestImage Large = TestImage.Of(Layer.Random(45_000_000, 43, Compression.None), Layer.Random(1_000, 44));

    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task Killed_gateway_goes_on_after_its_restart_without_sending_twice_what_it_had_sent(string version)
    {
        await using var node = await Node.StartAsync(version, new Dictionary<string, string?> { ["Images__MaxConcurrentUploads"] = "1" });
        await using var registry = await ScriptedRegistry.StartAsync();
        var reference = await PushTrial.BringAsync(node, Ns, Image);
        var gate = new BodyGate(registry, Image.Layers[1].Digest);
        var id = (string)(await node.Api.StartPushAsync(Ns, new { reference, target = $"{registry.Host}/acme/app:1" }))["id"]!;
        await gate.Reached;
        Assert.Equal(["gw-" + id], await node.Ctr.LeasesAsync(Ns));
        await node.Gateway.KillAsync();
        gate.Open();
        await node.Gateway.StartAsync();

        var job = await node.Api.EndOfAsync(id);

        PushTrial.Succeeded(job, Image.Digest);
        Assert.Equal(2, (int)job["attempt"]!);
        Assert.Equal(2, (int)job["result"]!["existing"]!["count"]!);
        Assert.Equal(4, registry.Count("/blobs/uploads/", "POST"));
        IsAllThere(job["progress"]!, Image);
        await PushTrial.IsCleanAsync(node, Ns);
    }

    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task Canceled_push_has_told_how_far_it_is_and_leaves_no_lease_and_no_tag(string version)
    {
        await using var node = await Node.StartAsync(version);
        await using var registry = await ScriptedRegistry.StartAsync();
        var reference = await PushTrial.BringAsync(node, Ns, Large);
        var gate = new BodyGate(registry, Large.Layers[0].Digest);
        var id = (string)(await node.Api.StartPushAsync(Ns, new { reference, target = $"{registry.Host}/acme/app:1" }))["id"]!;
        await gate.Reached;
        var progress = new JsonObject();
        await Wait.UntilAsync(async () =>
        {
            progress = (await node.Api.JobAsync(id))["progress"] as JsonObject ?? new JsonObject();
            // The daemon counts a buffer when all of it is sent, and that may be more than the gate takes.
            return (string?)progress["phase"] is "uploading" && (string?)Held(progress)["state"] is "uploading"
                && (long)Held(progress)["bytesDone"]! >= (version is Versions.Transfer ? 0 : BodyGate.Bytes);
        }, "the upload is told");
        Assert.Equal(Large.Layers[0].Bytes.Length, (long)Held(progress)["bytesTotal"]!);
        Assert.InRange((long)Held(progress)["bytesDone"]!, 0, Large.Layers[0].Bytes.Length - 1);
        Assert.InRange((long)progress["bytesDone"]!, (long)Held(progress)["bytesDone"]!, SizeOf(Large) - 1);
        Assert.Equal(SizeOf(Large), (long)progress["bytesTotal"]!);

        Assert.Equal(202, (int)(await node.Api.PostAsync($"/v1/jobs/{id}/cancel")).Status);

        Assert.Equal("canceled", (string?)(await node.Api.EndOfAsync(id))["state"]);
        Assert.Null(registry.Pushed.Find("acme/app", "1"));
        Assert.Empty(await node.Ctr.LeasesAsync(Ns));
        await PushTrial.IsCleanAsync(node, Ns);
    }

    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task Killed_containerd_is_waited_for(string version)
    {
        await using var node = await Node.StartAsync(version);
        await using var registry = await ScriptedRegistry.StartAsync();
        var reference = await PushTrial.BringAsync(node, Ns, Image);
        var gate = new BodyGate(registry, Image.Layers[0].Digest);
        var id = (string)(await node.Api.StartPushAsync(Ns, new { reference, target = $"{registry.Host}/acme/app:1" }))["id"]!;
        await gate.Reached;
        await node.Containerd.KillAsync();
        gate.Open();
        await Wait.UntilAsync(async () => (int)(await node.Api.GetAsync("/healthz/ready")).Status is 503, "the gateway tells that it is not ready");
        await node.Containerd.StartAsync();

        PushTrial.Succeeded(await node.Api.EndOfAsync(id), Image.Digest);
        await PushTrial.IsCleanAsync(node, Ns);
    }

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Image_that_is_deleted_while_it_is_pushed_is_pushed_whole(string version)
    {
        await using var node = await Node.StartAsync(version);
        await using var registry = await ScriptedRegistry.StartAsync();
        var reference = await PushTrial.BringAsync(node, Ns, Image);
        var gate = new BodyGate(registry, Image.Layers[0].Digest);
        var id = (string)(await node.Api.StartPushAsync(Ns, new { reference, target = $"{registry.Host}/acme/app:1" }))["id"]!;
        await gate.Reached;
        await node.Ctr.RunAsync(Ns, "images", "rm", "--sync", reference);
        gate.Open();

        PushTrial.Succeeded(await node.Api.EndOfAsync(id), Image.Digest);
        await node.Ctr.CollectAsync(Ns);
        Assert.Empty(await node.Ctr.BlobsAsync(Ns));
    }

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Push_that_runs_out_of_its_time_fails_as_deadline_exceeded(string version)
    {
        await using var node = await Node.StartAsync(version);
        await using var registry = await ScriptedRegistry.StartAsync();
        var reference = await PushTrial.BringAsync(node, Ns, Image);
        var gate = new BodyGate(registry, Image.Layers[0].Digest);

        var job = await node.Api.PushAsync(Ns, new { reference, target = $"{registry.Host}/acme/app:1", timeout = "2s" });

        gate.Open();
        Assert.Equal("deadline_exceeded", PushTrial.Code(job));
        await PushTrial.IsCleanAsync(node, Ns);
    }

    private static JsonNode Held(JsonObject progress) => progress["items"]!.AsArray().Single(item => (string?)item!["digest"] == Large.Layers[0].Digest)!;

    private static long SizeOf(TestImage image) => image.Blobs.Values.Sum(blob => blob.LongLength) + image.Manifests.Values.Sum(one => one.Bytes.LongLength);

    private static void IsAllThere(JsonNode progress, TestImage image)
    {
        var items = progress["items"]!.AsArray();
        Assert.Equal(image.Blobs.Keys.Concat(image.Manifests.Keys).Order(), items.Select(item => (string)item!["digest"]!).Order());
        Assert.All(items, item => Assert.True((string?)item!["state"] is "done" or "exists", item.ToJsonString()));
        Assert.All(items, item => Assert.Equal((long)item!["bytesTotal"]!, (long)item["bytesDone"]!));
        Assert.Equal((SizeOf(image), SizeOf(image)), ((long)progress["bytesDone"]!, (long)progress["bytesTotal"]!));
        Assert.Equal(SizeOf(image), items.Sum(item => (long)item!["bytesDone"]!));
    }

    /// <summary>Takes half a megabyte of a blob's upload and then no more, until it is opened or the client leaves; then the upload is cut.</summary>
    private sealed class BodyGate
    {
        public const int Bytes = 500_000;

        private readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public BodyGate(ScriptedRegistry registry, string digest) => registry.Script = async http =>
        {
            if (opened.Task.IsCompleted || http.Request.Query["digest"] != digest)
            {
                return false;
            }

            await http.Request.Body.ReadExactlyAsync(new byte[Bytes]);
            reached.TrySetResult();
            await Task.WhenAny(opened.Task, Task.Delay(Timeout.Infinite, http.RequestAborted));
            http.Abort();
            return true;
        };

        public Task Reached => reached.Task;

        public void Open() => opened.TrySetResult();
    }
}
