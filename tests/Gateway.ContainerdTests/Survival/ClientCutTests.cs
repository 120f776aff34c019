using System.Net.Sockets;
using System.Text;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Survival;

/// <summary>Clients that are cut off at random bytes of what they send or read. Nothing is left of them.</summary>
public sealed class ClientCutTests
{
    private const string Ns = "cuts";
    private static readonly int Cuts = Campaign.IsLong ? 1000 : 100;
    private static readonly byte[] Archive = TestArchive.OciLayout(("docker.io/acme/app:1", TestImage.Of(Layer.Random(300_000, 91)))).ToBytes();

    [Fact]
    public async Task Nothing_is_left_of_requests_uploads_and_streams_that_were_cut()
    {
        await using var node = await Node.StartAsync(Versions.Oldest);
        await using var registry = await ScriptedRegistry.StartAsync();
        var pull = Encoding.UTF8.GetBytes($$"""{"reference": "{{registry.Host}}/none/app:1"}""");
        var gate = new Gate();
        registry.Faults.On("/manifests/slow", Faults.Stall(gate));
        var slow = (string)(await node.Api.StartPullAsync(Ns, new { reference = $"{registry.Host}/none/app:slow" }))["id"]!;
        var random = new Random(17);
        Footprint? before = null;
        for (var cut = 0; cut < Cuts; cut++)
        {
            before = cut is 10 ? Footprint.Of(node.Gateway.Id) : before; // what is opened once stays open
            var upload = Request("POST", $"/v1/namespaces/{Ns}/images/import", "application/x-tar", Archive);
            await CutAsync(node, upload[..random.Next(upload.Length - 1)]);
            var submission = Request("POST", $"/v1/namespaces/{Ns}/images/pull", "application/json", pull);
            await CutAsync(node, submission[..random.Next(submission.Length + 1)]);
            await CutAsync(node, Request("GET", $"/v1/jobs/{slow}/events", "text/event-stream", []), read: random.Next(600));
        }

        gate.Open();
        await node.Api.EndOfAsync(slow);
        await Wait.UntilAsync(async () => (await node.Api.GetAsync("/v1/jobs?state=running")).Json["items"]!.AsArray().Count is 0, "every job ends");
        await Wait.UntilAsync(async () => (await Invariants.CheckAsync(node.Containerd, Ns)).Count is 0, "nothing is left", seconds: 75);
        Assert.Empty(await node.Ctr.ImagesAsync(Ns));
        await Wait.UntilAsync(() => !before!.GrowthOf(node.Gateway.Id).Any(), $"the gateway has no more than before, {before}", seconds: 75);
        Campaign.Report("clients cut off", Versions.Oldest, 3 * Cuts, (0, 0));
    }

    private static byte[] Request(string method, string path, string mediaType, byte[] body) =>
    [
        .. Encoding.ASCII.GetBytes(
            $"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {GatewayProcess.Key}\r\nAccept: {mediaType}\r\n"
            + (body.Length is 0 ? "\r\n" : $"Content-Type: {mediaType}\r\nContent-Length: {body.Length}\r\n\r\n")),
        .. body,
    ];

    private static async Task CutAsync(Node node, byte[] bytes, int read = 0)
    {
        using var client = new TcpClient { LingerState = new LingerOption(enable: true, seconds: 0) }; // a reset, not an end
        await client.ConnectAsync(node.Gateway.Url.Host, node.Gateway.Url.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(bytes);
        if (read > 0)
        {
            _ = await stream.ReadAtLeastAsync(new byte[read], read, throwOnEndOfStream: false);
        }
    }
}
