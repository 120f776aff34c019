using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Text.Json.Nodes;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Snapshots;

/// <summary>Layers written from snapshots: what they hold is read from the content store on disk.</summary>
public sealed class SnapshotDiffTests(Nodes nodes)
{
    private const string Tar = "application/vnd.oci.image.layer.v1.tar";

    [Theory]
    [MemberData(nameof(SnapshotTrial.Each), MemberType = typeof(SnapshotTrial))]
    public async Task Active_and_committed_snapshots_are_written_as_layers(string version, string snapshotter)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, version, snapshotter);
        await trial.LayerAsync("base", null, "mkdir d; echo old > d/a; echo gone > b");
        await trial.PrepareAsync("work", "base");
        await trial.ChangeAsync("work", "echo changed > d/a; rm b; echo new > c");

        var active = await DiffAsync(trial, "work", new { mediaType = Tar + "+gzip", labels = new { owner = "ci" } });
        Assert.Equal([".wh.b", "c", "d/", "d/a"], Names(trial, active));
        var digest = (string)active["descriptor"]!["digest"]!;
        var labels = await trial.Node.Ctr.LabelsOfAsync(trial.Name, digest);
        Assert.Equal(("ci", (string?)active["diffId"]), (labels["owner"], labels["containerd.io/uncompressed"]));
        Assert.Equal((string?)active["diffId"], Layer.Hash(Uncompressed(trial, digest)));
        Assert.Equal(new FileInfo(trial.Node.Containerd.BlobPath(digest)).Length, (long)active["descriptor"]!["size"]!);

        await trial.CommitAsync("work", "top");
        var plain = await DiffAsync(trial, "top", new { mediaType = Tar });
        Assert.Equal((string?)plain["descriptor"]!["digest"], (string?)plain["diffId"]);
        Assert.Equal([".wh.b", "c", "d/", "d/a"], Names(trial, plain)); // whiteouts bear the time of the diff: the two hash alike only within one second
        Assert.Equal(Tar, (string?)plain["descriptor"]!["mediaType"]);
        Assert.Equal(["b", "d/", "d/a"], Names(trial, await DiffAsync(trial, "base", new { })));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Layer_is_kept_by_its_lease_and_by_nothing_else(string version)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, version);
        await trial.LayerAsync("base", null, "echo 1 > a");
        var made = await DiffAsync(trial, "base", new { term = "10m" });
        var digest = (string)made["descriptor"]!["digest"]!;
        await trial.AssertNothingReadsAsync();
        await trial.Node.Ctr.CollectAsync(trial.Name);
        Assert.Contains(digest, await trial.Node.Ctr.BlobsAsync(trial.Name));
        await trial.Node.Ctr.RunAsync(trial.Name, "leases", "rm", "--sync", (string)made["lease"]!["id"]!);
        Assert.DoesNotContain(digest, await trial.Node.Ctr.BlobsAsync(trial.Name));

        await trial.Node.Ctr.RunAsync(trial.Name, "leases", "create", "--id", "mine");
        Assert.Equal("mine", (string?)(await DiffAsync(trial, "base", new { lease = "mine" }))["lease"]!["id"]);
        await trial.Node.Ctr.CollectAsync(trial.Name);
        Assert.Contains(digest, await trial.Node.Ctr.BlobsAsync(trial.Name));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Another_snapshot_of_the_chain_can_be_compared_with_and_no_other(string version)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, version);
        await trial.LayerAsync("one", null, "echo 1 > a");
        await trial.LayerAsync("two", "one", "echo 2 > b");
        await trial.LayerAsync("three", "two", "echo 3 > c");
        await trial.LayerAsync("stranger", null, "echo 4 > d");
        Assert.Equal(["b", "c"], Names(trial, await DiffAsync(trial, "three", new { parent = "one" })));
        foreach (var (parent, status, code) in new[] { ("stranger", 422, "snapshot_not_in_chain"), ("absent", 404, "snapshot_not_found") })
        {
            var answer = await trial.Node.Api.PostAsync(trial.PathOf("three", "/diff"), new { parent });
            Assert.Equal((status, code), ((int)answer.Status, answer.Code));
        }
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Zstd_is_written_by_2_and_501_before_it(string version)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, version);
        await trial.LayerAsync("base", null, "echo 1 > a");
        var body = new { mediaType = Tar + "+zstd" };
        if (version is "2")
        {
            var made = await DiffAsync(trial, "base", body);
            Assert.Equal(0xFD2FB528, BitConverter.ToUInt32(File.ReadAllBytes(trial.Node.Containerd.BlobPath((string)made["descriptor"]!["digest"]!))));
            return;
        }

        var answer = await trial.Node.Api.PostAsync(trial.PathOf("base", "/diff"), body);
        Assert.Equal((HttpStatusCode.NotImplemented, "not_supported_by_containerd"), (answer.Status, answer.Code));
    }

    [Theory]
    [InlineData("""{"mediaType":"application/vnd.docker.image.rootfs.diff.tar.gzip"}""", "invalid_request")]
    [InlineData("""{"mediaType":""}""", "invalid_request")]
    [InlineData("""{"labels":{"containerd.io/uncompressed":"x"}}""", "reserved_label")]
    [InlineData("""{"parent":""}""", "invalid_request")]
    [InlineData("""{"lease":"absent"}""", "not_found")]
    [InlineData("""{"term":"1s"}""", "invalid_request")]
    [InlineData("""{"surprise":1}""", "invalid_request")]
    public async Task Bad_body_of_a_diff_is_refused(string body, string code)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, Versions.Oldest);
        await trial.LayerAsync("base", null, "echo 1 > a");
        var answer = await trial.Node.Api.SendAsync(HttpMethod.Post, trial.PathOf("base", "/diff"), new StringContent(body, null, "application/json"));
        Assert.True(code == answer.Code, answer.Text);
    }

    private static async Task<JsonNode> DiffAsync(SnapshotTrial trial, string key, object body)
    {
        var answer = await trial.Node.Api.PostAsync(trial.PathOf(key, "/diff"), body);
        Assert.True(answer.Status is HttpStatusCode.Accepted, answer.Text);
        var job = await trial.Node.Api.EndOfAsync((string)answer.Json["id"]!);
        Assert.True((string?)job["state"] is "succeeded", job.ToJsonString());
        await trial.AssertNothingReadsAsync();
        return job["result"]!;
    }

    private static byte[] Uncompressed(SnapshotTrial trial, string digest)
    {
        var stored = File.ReadAllBytes(trial.Node.Containerd.BlobPath(digest));
        if (stored[0] is not 0x1f)
        {
            return stored;
        }

        using var tar = new MemoryStream();
        using var gzip = new GZipStream(new MemoryStream(stored), CompressionMode.Decompress);
        gzip.CopyTo(tar);
        return tar.ToArray();
    }

    private static string[] Names(SnapshotTrial trial, JsonNode result)
    {
        var names = new List<string>();
        using var tar = new TarReader(new MemoryStream(Uncompressed(trial, (string)result["descriptor"]!["digest"]!)));
        while (tar.GetNextEntry() is { } entry)
        {
            names.Add(entry.Name);
        }

        return [.. names.Order(StringComparer.Ordinal)];
    }
}
