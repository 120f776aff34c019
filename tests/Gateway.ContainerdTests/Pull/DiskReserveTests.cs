using System.Text.Json.Nodes;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Pull;

/// <summary>A daemon on a disk of 32 MB, and a gateway that keeps some of it free.</summary>
public sealed class DiskReserveTests
{
    private const string Ns = "reserve";

    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task What_would_go_below_the_reserve_is_refused_before_a_layer_is_asked_for(string engineAndVersion)
    {
        var (version, engine) = engineAndVersion.Split('/') is [var number, var named] ? (number, named) : (engineAndVersion, "gateway");
        await using var containerd = await ContainerdDaemon.StartAsync(version, diskMegabytes: 32);
        await using var gateway = await StartAsync(containerd, reserve: 8 << 20, engine);
        await using var registry = await ScriptedRegistry.StartAsync();
        var big = TestImage.Of(Layer.Random(28_000_000, 1));
        var failed = await gateway.Api.PullAsync(Ns, new { reference = registry.Add("acme/big:1", big) });
        Assert.True((string?)failed["error"]?["code"] is "insufficient_storage", failed.ToJsonString());
        Assert.Equal(0, registry.Count(big.Layers[0].Digest));
        Assert.Empty(await Invariants.CheckAsync(containerd, Ns));

        // 9 MB of content and as much unpacked: it would not fit a second time, but is here.
        var small = registry.Add("acme/small:1", TestImage.Of(Layer.Random(9_000_000, 2)));
        foreach (var policy in new[] { "ifNotPresent", "always" })
        {
            var job = await gateway.Api.PullAsync(Ns, new { reference = small, policy });
            Assert.True((string?)job["state"] is "succeeded", job.ToJsonString());
        }
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task On_a_disk_that_holds_no_more_than_the_reserve_no_pull_and_no_import_begins(string version)
    {
        await using var containerd = await ContainerdDaemon.StartAsync(version, diskMegabytes: 32);
        await using var gateway = await StartAsync(containerd, reserve: 64 << 20, "gateway");
        var pull = await gateway.Api.PostAsync($"/v1/namespaces/{Ns}/images/pull", new { reference = "127.0.0.1:1/acme/app:1" });
        using var archive = new ByteArrayContent(TestArchive.OciLayout(("acme/app:1", TestImage.Small(1))).ToBytes());
        archive.Headers.ContentType = new("application/x-tar");
        var import = await gateway.Api.SendAsync(HttpMethod.Post, $"/v1/namespaces/{Ns}/images/import", archive);
        Assert.Equal(((507, "insufficient_storage"), (507, "insufficient_storage")), (((int)pull.Status, pull.Code), ((int)import.Status, import.Code)));
        Assert.Empty((await gateway.Api.GetAsync("/v1/jobs")).Json["items"]!.AsArray());
        Assert.Empty(await Invariants.CheckAsync(containerd, Ns));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Archive_that_does_not_tell_its_length_stops_at_the_reserve_and_leaves_nothing(string version)
    {
        await using var containerd = await ContainerdDaemon.StartAsync(version, diskMegabytes: 32);
        await using var gateway = await StartAsync(containerd, reserve: 8 << 20, "gateway");
        // All of it would fit.
        var image = TestImage.Of(Layer.Random(12_000_000, 3), Layer.Random(10_000_000, 4), Layer.Random(5_000_000, 5));
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/namespaces/{Ns}/images/import") { Content = new ByteArrayContent(TestArchive.OciLayout(("acme/app:1", image)).ToBytes()) };
        request.Content.Headers.ContentType = new("application/x-tar");
        request.Headers.TransferEncodingChunked = true;
        using var import = await gateway.Api.Http.SendAsync(request);
        var problem = JsonNode.Parse(await import.Content.ReadAsStringAsync())!;
        Assert.Equal((507, "insufficient_storage"), ((int)import.StatusCode, (string?)problem["code"]));
        Assert.Contains($"; {image.Layers[2].Bytes.Length} are to be stored", (string?)problem["detail"], StringComparison.Ordinal);
        Assert.Empty(await Invariants.CheckAsync(containerd, Ns)); // collects
        Assert.Empty(await containerd.Ctr.BlobsAsync(Ns));
    }

    private static Task<GatewayProcess> StartAsync(ContainerdDaemon containerd, long reserve, string engine) => GatewayProcess.StartAsync(
        containerd.Address, new Dictionary<string, string?> { ["Containerd__DiskReserve"] = $"{reserve}", ["Images__Engine"] = engine });
}
