using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Archives;

/// <summary>Clients that leave, kills and cancels in the middle of an import.</summary>
public sealed class ImportSurvivesTests(Nodes nodes)
{
    private const string App = "docker.io/acme/app:1";
    private const string Ns = "survives";

    private static readonly TestImage Image = TestImage.Of(Layer.Random(1_500_000, 1), Layer.Random(900_000, 2), Layer.Random(1000, 3));
    private static readonly byte[] Archive = TestArchive.OciLayout((App, Image)).ToBytes();

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Client_that_leaves_at_any_byte_leaves_nothing(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var space = node.Containerd.NewNamespace("leaves");
        var random = new Random(7);
        var cuts = Enumerable.Range(0, 12).Select(_ => random.Next(Archive.Length)).Append(0).Append(1).Append(512).Append(Archive.Length - 1);
        foreach (var cut in cuts)
        {
            using (var client = await UploadAsync(node, space.Name, Archive.AsMemory(0, cut)))
            {
                client.Client.LingerState = new LingerOption(cut % 2 is 0, 0); // a reset, or a plain end
            }
        }

        // One wait for all of it: a request whose client has left may not even have begun.
        await Wait.UntilAsync(
            async () => (await node.Ctr.LeasesAsync(space.Name)).Length is 0 && (await node.Ctr.IngestsAsync(space.Name)).Length is 0 && (await space.ViolationsAsync()).Count is 0,
            "nothing is held any more");
        Assert.Empty(await node.Ctr.ImagesAsync(space.Name));
        Assert.DoesNotContain(node.Gateway.LogEntries, entry => entry.ToJsonString().Contains("A request failed in the gateway", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Gateway_killed_in_mid_upload_sweeps_its_lease_at_the_next_start_and_no_other_gateways(string version)
    {
        await using var node = await Node.StartAsync(version);
        await using var neighbour = await GatewayProcess.StartBesideAsync(node.Containerd.Address);
        using var client = await UploadAsync(node, Ns, Archive.AsMemory(0, 2_000_000));
        using var other = await UploadAsync(neighbour.Url, Ns, Archive.AsMemory(0, 2_000_000));
        await Wait.UntilAsync(async () => (await node.Ctr.IngestsAsync(Ns)).Length is 2, "both uploads are on their way");
        var before = await node.Ctr.LeasesAsync(Ns);
        Assert.Equal(2, before.Length);

        await node.Gateway.KillAsync();
        await node.Gateway.StartAsync();

        await Wait.UntilAsync(async () => (await node.Ctr.LeasesAsync(Ns)).Length is 1, "the killed gateway's lease is swept");
        Assert.Single(await node.Ctr.IngestsAsync(Ns));
        other.Close();
        await Wait.UntilAsync(async () => (await node.Ctr.LeasesAsync(Ns)).Length is 0, "the neighbour gives its own up");
        await Wait.UntilAsync(async () => (await node.Ctr.IngestsAsync(Ns)).Length is 0, "no ingest is left");
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, Ns));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Accepted_import_survives_a_kill(string version)
    {
        await using var node = await Node.StartAsync(version);
        var answer = await node.Api.ImportAnswerAsync(Ns, Archive);
        Assert.Equal(202, (int)answer.Status);
        await node.Gateway.KillAsync();
        await node.Gateway.StartAsync();
        var job = await node.Api.EndOfAsync((string)answer.Json["id"]!);
        Assert.True((string?)job["state"] is "succeeded", job.ToJsonString());
        Assert.Matches(Ctr.Complete, await node.Ctr.CheckAsync(Ns, App));
        Assert.Equal(Image.ChainIds.Order(), (await node.Ctr.SnapshotsAsync(Ns)).Select(snapshot => snapshot.Key).Order());
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, Ns));
    }

    [Fact]
    public async Task Import_is_held_as_long_as_it_may_wait_and_one_canceled_while_it_waits_leaves_nothing()
    {
        await using var node = await Node.StartAsync(Versions.Oldest, new Dictionary<string, string?> { ["Jobs__MaxRunning"] = "1", ["Jobs__QueueLimit"] = "10.00:00:00" });
        await using var registry = await ScriptedRegistry.StartAsync();
        var hold = new TaskCompletionSource();
        var reference = registry.Add("acme/slow:1", TestImage.Small(1));
        registry.Script = async _ =>
        {
            await hold.Task;
            return false;
        };
        var pulls = new List<string>(); // the second goes beyond the bound, as its namespace has none running; a third would not
        foreach (var containerdNamespace in new[] { "elsewhere", "and-elsewhere" })
        {
            pulls.Add((string)(await node.Api.StartPullAsync(containerdNamespace, new { reference }))["id"]!);
        }

        var import = (string)(await node.Api.ImportAnswerAsync(Ns, Archive)).Json["id"]!;
        Assert.Equal("queued", (string?)(await node.Api.JobAsync(import))["state"]);
        var lease = (await node.Ctr.RunAsync(Ns, "leases", "ls")).Split("containerd.io/gc.expire=")[1].Split([',', '\n', ' '])[0];
        Assert.InRange(DateTimeOffset.Parse(lease, CultureInfo.InvariantCulture), DateTimeOffset.UtcNow.AddDays(10), DateTimeOffset.UtcNow.AddDays(12));
        await node.Api.PostAsync($"/v1/jobs/{import}/cancel");
        Assert.Equal("canceled", (string?)(await node.Api.EndOfAsync(import))["state"]);
        Assert.Empty(await node.Ctr.LeasesAsync(Ns));
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, Ns));
        hold.SetResult();
        foreach (var pull in pulls)
        {
            await node.Api.EndOfAsync(pull);
        }
    }

    [Fact]
    public async Task Containerd_that_dies_in_mid_upload_is_told_and_its_leftovers_are_swept_later()
    {
        await using var node = await Node.StartAsync(Versions.Oldest);
        using var client = await UploadAsync(node, Ns, Archive.AsMemory(0, 1_000_000));
        await Wait.UntilAsync(async () => (await node.Ctr.IngestsAsync(Ns)).Length > 0, "the upload is on its way");
        await node.Containerd.KillAsync();
        await client.GetStream().WriteAsync(Archive.AsMemory(1_000_000));
        var answer = await new StreamReader(client.GetStream()).ReadToEndAsync();
        Assert.StartsWith("HTTP/1.1 503 ", answer, StringComparison.Ordinal);
        Assert.Contains("containerd_unavailable", answer, StringComparison.Ordinal);
        await node.Containerd.StartAsync();
        await node.Gateway.KillAsync();
        await node.Gateway.StartAsync();
        await Wait.UntilAsync(async () => (await node.Ctr.LeasesAsync(Ns)).Length is 0, "the lease is swept");
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, Ns));
    }

    /// <summary>A gigabyte takes its time: the oldest gets it as a tar, the newest compressed.</summary>
    public static TheoryData<string, bool> Gigabytes => new() { { Versions.All[0], false }, { Versions.All[^1], true } };

    [Theory]
    [MemberData(nameof(Gigabytes))]
    public async Task Memory_stays_flat_while_a_gigabyte_streams_through(string version, bool isCompressed)
    {
        await using var node = await Node.StartAsync(version);
        using var image = BulkImage.Create(layers: 4, totalBytes: 1L << 30, compressibleFraction: 0.5);
        await node.Api.ImportAsync(Ns, TestArchive.OciLayout((App, TestImage.Small(1))).ToBytes());
        var before = node.Gateway.MemoryBytes;
        var archive = await image.PackAsync(App);
        if (isCompressed)
        {
            await ChildProcess.RunAsync("zstd", "--quiet", "--rm", "-1", archive);
            archive += ".zst";
        }

        await using var body = File.OpenRead(archive);
        var answer = await node.Api.SendAsync(HttpMethod.Post, $"/v1/namespaces/{Ns}/images/import?unpack=false&overwrite=true", new StreamContent(body), ("Prefer", "wait=60"));
        Assert.True((int)answer.Status is 200, answer.Text);
        for (var exports = 0; exports < 4; exports++)
        {
            using var sent = await node.Api.Http.GetAsync(ArchiveCalls.ExportPath(Ns, App), HttpCompletionOption.ResponseHeadersRead);
            await (await sent.Content.ReadAsStreamAsync()).CopyToAsync(Stream.Null);
        }

        var above = (node.Gateway.PeakMemoryBytes - before) / 1024 / 1024;
        Console.WriteLine($$"""{"measure":"archive memory","containerd":"{{version}}","aboveIdleMiB":{{above}}}""");
        Assert.InRange(above, 0, 64);
    }

    private static Task<TcpClient> UploadAsync(Node node, string containerdNamespace, ReadOnlyMemory<byte> part) => UploadAsync(node.Gateway.Url, containerdNamespace, part);

    /// <summary>Begins a request for the whole archive and sends a part of it.</summary>
    private static async Task<TcpClient> UploadAsync(Uri gateway, string containerdNamespace, ReadOnlyMemory<byte> part)
    {
        var client = new TcpClient();
        await client.ConnectAsync(gateway.Host, gateway.Port);
        var head = $"POST /v1/namespaces/{containerdNamespace}/images/import HTTP/1.1\r\nHost: {gateway.Authority}\r\nAuthorization: Bearer {GatewayProcess.Key}\r\n"
            + $"Content-Type: application/x-tar\r\nContent-Length: {Archive.Length}\r\nConnection: close\r\n\r\n";
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head));
        await client.GetStream().WriteAsync(part);
        return client;
    }
}
