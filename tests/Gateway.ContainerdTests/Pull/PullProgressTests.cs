using System.Text.Json.Nodes;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Pull;

public sealed class PullProgressTests(Nodes nodes)
{
    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Progress_never_goes_backwards_and_ends_at_100_with_every_item_done(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        var image = TestImage.Of(Layer.Random(8_000_000, 1), Layer.Random(6_000_000, 2), Layer.Random(4_000_000, 3));
        var drip = new SemaphoreSlim(0);
        var reference = registry.Add("acme/app:1", image);
        registry.Script = async http =>
        {
            if (http.Request.Path.Value!.Contains("/blobs/", StringComparison.Ordinal))
            {
                await drip.WaitAsync();
            }

            return false;
        };
        var id = (string)(await node.Api.StartPullAsync(nodes.NewName("progress"), new { reference }))["id"]!;
        var (bytes, percent, last) = (-1L, -1.0, new JsonObject());
        await foreach (var (_, name, job) in node.Api.EventsAsync(id))
        {
            drip.Release();
            last = job;
            if (job["progress"] is not JsonObject progress)
            {
                continue;
            }

            Assert.True((long)progress["bytesDone"]! >= bytes && (double)progress["percent"]! >= percent, progress.ToJsonString());
            (bytes, percent) = ((long)progress["bytesDone"]!, (double)progress["percent"]!);
            Assert.Equal(name is "succeeded", (double)progress["percent"]! is 100);
        }

        Assert.Equal("succeeded", (string?)last["state"]);
        Assert.Equal(5, last["progress"]!["items"]!.AsArray().Count);
        Assert.All(last["progress"]!["items"]!.AsArray(), item => Assert.Equal("done", (string?)item!["state"]));
        Assert.Equal((long)last["progress"]!["bytesTotal"]!, (long)last["progress"]!["bytesDone"]!);
    }

    [Fact]
    public async Task Bars_for_curl_end_with_a_plain_line()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(Versions.Oldest);
        var image = TestImage.Small(30);
        var reference = registry.Add("acme/app:1", image);
        var id = (string)(await node.Api.StartPullAsync(nodes.NewName("bars"), new { reference }))["id"]!;
        var text = await node.Api.SendAsync(HttpMethod.Get, $"/v1/jobs/{id}/events", null, ("Accept", "text/plain"));
        Assert.Equal("text/plain", text.MediaType);
        Assert.EndsWith($"succeeded {reference} {image.Digest}\n", text.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prefer_wait_answers_with_the_finished_job()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(Versions.Oldest);
        var reference = registry.Add("acme/app:1", TestImage.Small(31));
        var answer = await node.Api.PostAsync($"/v1/namespaces/{nodes.NewName("prefer")}/images/pull", new { reference }, ("Prefer", "wait=60"));
        Assert.Equal(200, (int)answer.Status);
        Assert.Equal("succeeded", (string?)answer.Json["state"]);
    }
}
