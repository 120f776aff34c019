using System.Net;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Content;

/// <summary>Uploads in parts, by <c>Content-Range</c>.</summary>
public sealed class UploadPartsTests(Nodes nodes)
{
    private const int Total = 2_500_000;
    private static readonly byte[] Bytes = Blobs.Random(Total, seed: 30);
    private static readonly string Digest = Layer.Hash(Bytes);

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Parts_come_together_under_one_lease(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("parts");

        var first = await PartAsync(node, ns, 0, 999_999);
        Assert.True(first.Status is HttpStatusCode.Accepted, first.Text);
        Assert.Equal("0-999999", first.Headers.GetValues("Range").Single());
        Assert.Equal((1_000_000, Total), ((int)first.Json["offset"]!, (int)first.Json["size"]!));
        var second = await PartAsync(node, ns, 1_000_000, 1_000_000);
        Assert.Equal("0-1000000", second.Headers.GetValues("Range").Single());
        Assert.Equal((string?)first.Json["lease"]!["id"], (string?)second.Json["lease"]!["id"]);
        Assert.Equal([(string?)first.Json["lease"]!["id"]], await node.Ctr.LeasesAsync(ns.Name));
        Assert.Equal(["upload-" + Digest], await node.Ctr.IngestRefsAsync(ns.Name));

        var last = await PartAsync(node, ns, 1_000_001, Total - 1);
        Assert.True(last.Status is HttpStatusCode.Created, last.Text);
        Assert.Null(last.Json["offset"]);
        Assert.Equal([(string?)last.Json["lease"]!["id"]], await node.Ctr.LeasesAsync(ns.Name));
        await node.Ctr.CollectAsync(ns.Name);
        Assert.Equal(Bytes, await File.ReadAllBytesAsync(node.Containerd.BlobPath(Digest)));
        Assert.Equal([Digest], await node.Ctr.BlobsAsync(ns.Name));

        var more = await PartAsync(node, ns, 0, 9);
        Assert.Equal(HttpStatusCode.OK, more.Status);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Part_elsewhere_than_at_the_offset_is_416_with_what_is_there(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("offset");
        var early = await PartAsync(node, ns, 5, 9);
        Assert.Equal((HttpStatusCode.RequestedRangeNotSatisfiable, "range_not_satisfiable"), (early.Status, early.Code));
        Assert.False(early.Headers.Contains("Range"));
        Assert.Empty(await ns.ViolationsAsync());

        await PartAsync(node, ns, 0, 99);
        foreach (var (from, to) in new[] { (0, 99), (50, 149), (101, 200) })
        {
            var wrong = await PartAsync(node, ns, from, to);
            Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, wrong.Status);
            Assert.Equal("0-99", wrong.Headers.GetValues("Range").Single());
        }

        var other = await node.PutAsync(ns.Name, Digest, Bytes[100..200], range: $"bytes 100-199/{Total + 1}");
        Assert.Equal((HttpStatusCode.Conflict, "conflict"), (other.Status, other.Code));
        Assert.Equal(HttpStatusCode.Created, (await PartAsync(node, ns, 100, Total - 1)).Status);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Part_that_is_cut_off_goes_on_where_it_stopped(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("cut");
        using (var socket = await PutContentTests.SendHalfAsync(node, Blobs.PathOf(ns.Name, Digest), Total, Bytes[..1_200_000], $"bytes 0-{Total - 1}/{Total}"))
        {
            await Wait.UntilAsync(async () => (await OffsetAsync(node, ns)) > 0, "bytes have come");
            var meanwhile = await node.DeleteAsync($"/v1/namespaces/{ns.Name}/ingests/upload-{Digest}");
            Assert.Equal((HttpStatusCode.Conflict, "ingest_in_use"), (meanwhile.Status, meanwhile.Code));
            Assert.Equal("ingest_in_use", (await PartAsync(node, ns, 0, 9)).Code);
        }

        var answer = await PartAsync(node, ns, 0, 9);
        await Wait.UntilAsync(async () => (answer = await PartAsync(node, ns, 0, 9)).Status is HttpStatusCode.RequestedRangeNotSatisfiable, "the part has ended");
        var offset = int.Parse(answer.Headers.GetValues("Range").Single()[2..]) + 1;
        Assert.Equal(offset, await OffsetAsync(node, ns));
        Assert.Single(await node.Ctr.LeasesAsync(ns.Name));
        await node.Ctr.CollectAsync(ns.Name);
        Assert.Equal(HttpStatusCode.Created, (await PartAsync(node, ns, offset, Total - 1)).Status);
        Assert.Equal(Bytes, await File.ReadAllBytesAsync(node.Containerd.BlobPath(Digest)));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Ingest_goes_with_its_lease(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("gone");
        await ns.CtrAsync("leases", "create", "--id", "mine");
        await RawGrpc.PutBlobAsync(node.Containerd.Address, ns.Name, [1]); // a daemon that never had a blob cannot collect its ingests' data
        Assert.Equal(HttpStatusCode.Accepted, (await PartAsync(node, ns, 0, 999, "?lease=mine")).Status);
        Assert.Equal(HttpStatusCode.Accepted, (await PartAsync(node, ns, 1000, 1999, "?lease=mine")).Status);
        await node.Ctr.CollectAsync(ns.Name);
        Assert.Equal(2000, await OffsetAsync(node, ns));

        await ns.CtrAsync("leases", "rm", "mine");
        await node.Ctr.CollectAsync(ns.Name);
        Assert.Empty(await node.Ctr.IngestRefsAsync(ns.Name));
        Assert.Empty(await ns.ViolationsAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Parts_survive_a_gateway_that_is_killed(string version)
    {
        await using var node = await Node.StartAsync(version);
        await using var ns = node.Containerd.NewNamespace("killed");
        Assert.Equal(HttpStatusCode.Accepted, (await PartAsync(node, ns, 0, 1_499_999)).Status);
        await node.Gateway.KillAsync();
        await node.Gateway.StartAsync();
        Assert.Equal(HttpStatusCode.Created, (await PartAsync(node, ns, 1_500_000, Total - 1)).Status);
        Assert.Equal(Bytes, await File.ReadAllBytesAsync(node.Containerd.BlobPath(Digest)));
    }

    [Theory]
    [InlineData("bytes 0-9")]
    [InlineData("bytes 9-0/10")]
    [InlineData("bytes 0-10/10")]
    [InlineData("bytes */10")]
    [InlineData("bytes 0-8/*")]
    [InlineData("lines 0-9/10")]
    [InlineData("bytes 0-8/10")]
    [InlineData("bytes 0-99999999999999999999/999999999999999999999")]
    public async Task Bad_content_range_is_refused_and_leaves_nothing(string range)
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        await using var ns = node.Containerd.NewNamespace("bad-range");
        var answer = await node.PutAsync(ns.Name, Digest, Bytes[..10], range: range);
        Assert.True(answer.Code is "invalid_request", answer.Text);
        Assert.True(answer.Json["errors"]!.AsObject().ContainsKey("Content-Range"), answer.Text);
        Assert.Empty(await node.Ctr.LeasesAsync(ns.Name));
    }

    private static Task<Answer> PartAsync(Node node, ContainerdNamespace ns, int from, int to, string query = "") =>
        node.PutAsync(ns.Name, Digest, Bytes[from..(to + 1)], query, $"bytes {from}-{to}/{Total}");

    private static async Task<int> OffsetAsync(Node node, ContainerdNamespace ns) =>
        (int?)(await node.Api.GetAsync($"/v1/namespaces/{ns.Name}/ingests?filter=ref==upload-{Digest.Replace(":", "%3A", StringComparison.Ordinal)}"))
            .Json["items"]!.AsArray().SingleOrDefault()?["offset"] ?? 0;
}
