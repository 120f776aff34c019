using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Content;

/// <summary>Uploads in one request. The witnesses are <c>ctr</c> and the file in the content store.</summary>
public sealed class PutContentTests(Nodes nodes)
{
    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Upload_is_stored_and_held_by_the_lease_it_tells(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("put");
        var bytes = Blobs.Random(3_000_000, seed: 10);
        var digest = Layer.Hash(bytes);

        var answer = await node.PutAsync(ns.Name, digest, bytes, "?term=10m");
        Assert.True(answer.Status is HttpStatusCode.Created, answer.Text);
        Assert.Equal((digest, bytes.Length), ((string)answer.Json["digest"]!, (int)answer.Json["size"]!));
        Assert.Equal(Blobs.PathOf(ns.Name, digest), answer.Headers.Location!.ToString());
        var lease = (string)answer.Json["lease"]!["id"]!;
        var expiresAt = (DateTimeOffset)answer.Json["lease"]!["expiresAt"]!;
        Assert.InRange(expiresAt - DateTimeOffset.UtcNow, TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10));

        Assert.Equal([lease], await node.Ctr.LeasesAsync(ns.Name));
        await node.Ctr.CollectAsync(ns.Name);
        Assert.Equal([digest], await node.Ctr.BlobsAsync(ns.Name));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(node.Containerd.BlobPath(digest)));

        await ns.CtrAsync("leases", "rm", "--sync", lease);
        Assert.Empty(await node.Ctr.BlobsAsync(ns.Name));
        Assert.Empty(await ns.ViolationsAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Upload_can_be_put_on_a_lease_of_the_callers(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("put-lease");
        await ns.CtrAsync("leases", "create", "--id", "odd id/1");
        var bytes = Blobs.Random(100_000, seed: 11);
        var digest = Layer.Hash(bytes);

        var answer = await node.PutAsync(ns.Name, digest, bytes, "?lease=odd%20id%2F1");
        Assert.True(answer.Status is HttpStatusCode.Created, answer.Text);
        Assert.Equal("odd id/1", (string?)answer.Json["lease"]!["id"]);
        Assert.Equal(["odd id/1"], await node.Ctr.LeasesAsync(ns.Name));
        await node.Ctr.CollectAsync(ns.Name);
        Assert.Equal([digest], await node.Ctr.BlobsAsync(ns.Name));

        var missing = await node.PutAsync(ns.Name, digest, bytes, "?lease=none");
        Assert.Equal((HttpStatusCode.NotFound, "not_found"), (missing.Status, missing.Code));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Bytes_of_another_digest_are_refused_and_nothing_of_them_is_kept(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("mismatch");
        var digest = Layer.Hash(Blobs.Random(2_000_000, seed: 12));
        foreach (var wrong in new[] { Blobs.Random(2_000_000, seed: 13), Blobs.Random(1_999_999, seed: 12), [] })
        {
            var answer = await node.PutAsync(ns.Name, digest, wrong);
            Assert.Equal((HttpStatusCode.UnprocessableEntity, "digest_mismatch"), (answer.Status, answer.Code));
            Assert.Equal(422, (int)answer.Json["status"]!);
        }

        Assert.Empty(await node.Ctr.BlobsAsync(ns.Name));
        Assert.Empty(await ns.ViolationsAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Digest_of_another_namespace_does_not_give_its_blob(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var victim = node.Containerd.NewNamespace("victim");
        await using var thief = node.Containerd.NewNamespace("thief");
        var secret = Blobs.Random(500_000, seed: 14);
        var digest = await victim.PlantAsync(secret);

        // The right digest and size, other bytes: whole, in one part, and as the last of two parts.
        Assert.Equal("digest_mismatch", (await node.PutAsync(thief.Name, digest, new byte[500_000])).Code);
        Assert.Equal("digest_mismatch", (await node.PutAsync(thief.Name, digest, new byte[500_000], range: "bytes 0-499999/500000")).Code);
        Assert.Equal(HttpStatusCode.Accepted, (await node.PutAsync(thief.Name, digest, new byte[1], range: "bytes 0-0/500000")).Status);
        Assert.Equal("digest_mismatch", (await node.PutAsync(thief.Name, digest, new byte[499_999], range: "bytes 1-499999/500000")).Code);

        Assert.Empty(await node.Ctr.BlobsAsync(thief.Name));
        Assert.Equal(HttpStatusCode.NotFound, (await node.Api.GetAsync(Blobs.PathOf(thief.Name, digest))).Status);
        Assert.Empty(await thief.ViolationsAsync());
        // Who has the bytes gets in.
        Assert.Equal(HttpStatusCode.Created, (await node.PutAsync(thief.Name, digest, secret)).Status);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Content_that_is_there_is_checked_and_held(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("again");
        var bytes = Blobs.Random(300_000, seed: 15);
        var digest = Layer.Hash(bytes);
        Assert.Equal(HttpStatusCode.Created, (await node.PutAsync(ns.Name, digest, bytes)).Status);

        var again = await node.PutAsync(ns.Name, digest, bytes);
        Assert.Equal(HttpStatusCode.OK, again.Status);
        Assert.Equal(bytes.Length, (int)again.Json["size"]!);
        Assert.Equal("digest_mismatch", (await node.PutAsync(ns.Name, digest, new byte[10])).Code);
        var leases = await node.Ctr.LeasesAsync(ns.Name);
        Assert.Equal(2, leases.Length);

        await ns.CtrAsync("leases", "rm", "--sync", leases.Single(lease => lease != (string?)again.Json["lease"]!["id"]));
        Assert.Equal([digest], await node.Ctr.BlobsAsync(ns.Name));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Many_uploads_of_the_same_at_once_all_succeed(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("at-once");
        var bytes = Blobs.Random(1_500_000, seed: 16);
        var digest = Layer.Hash(bytes);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => node.PutAsync(ns.Name, digest, bytes)));
        Assert.All(answers, answer => Assert.True((int)answer.Status is 200 or 201, answer.Text));
        Assert.Equal([digest], await node.Ctr.BlobsAsync(ns.Name));
        Assert.Empty(await node.Ctr.IngestRefsAsync(ns.Name));
        Assert.Equal(8, (await node.Ctr.LeasesAsync(ns.Name)).Length);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Empty_blob_and_chunked_body_are_taken(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("shapes");
        Assert.Equal(HttpStatusCode.Created, (await node.PutAsync(ns.Name, Layer.Hash([]), [])).Status);
        using var empty = await node.GetAsync(HttpMethod.Get, ns.Name, Layer.Hash([]));
        Assert.Equal((HttpStatusCode.OK, 0), (empty.StatusCode, (await empty.Content.ReadAsByteArrayAsync()).Length));
        using var range = await node.GetAsync(HttpMethod.Get, ns.Name, Layer.Hash([]), ("Range", "bytes=0-0"));
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, range.StatusCode);

        var bytes = Blobs.Random(700_000, seed: 17);
        using var request = new HttpRequestMessage(HttpMethod.Put, Blobs.PathOf(ns.Name, Layer.Hash(bytes))) { Content = new ByteArrayContent(bytes) };
        request.Headers.TransferEncodingChunked = true;
        using var answer = await node.Api.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(node.Containerd.BlobPath(Layer.Hash(bytes))));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Client_that_leaves_half_way_leaves_nothing(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("leaves");
        using (var socket = await SendHalfAsync(node, Blobs.PathOf(ns.Name, Layer.Hash([1])), 4_000_000, Blobs.Random(2_000_000, seed: 18)))
        {
            await Wait.UntilAsync(async () => (await node.Ctr.IngestRefsAsync(ns.Name)).Length is 1, "the ingest is begun");
        }

        await Wait.UntilAsync(async () => (await node.Ctr.IngestRefsAsync(ns.Name)).Length + (await node.Ctr.LeasesAsync(ns.Name)).Length is 0, "all is gone");
        Assert.Empty(await ns.ViolationsAsync());
    }

    [Fact]
    public async Task Upload_over_the_limit_is_413_and_nothing_of_it_is_kept()
    {
        await using var node = await Node.StartAsync(Versions.Oldest, new Dictionary<string, string?> { ["Content__MaxUploadBytes"] = "1000000" });
        await using var ns = node.Containerd.NewNamespace("limit");
        var bytes = Blobs.Random(1_000_001, seed: 19);
        var digest = Layer.Hash(bytes);
        Assert.Equal("payload_too_large", (await node.PutAsync(ns.Name, digest, bytes)).Code);
        Assert.Equal("payload_too_large", (await node.PutAsync(ns.Name, digest, bytes[..10], range: "bytes 0-9/1000001")).Code);

        using var request = new HttpRequestMessage(HttpMethod.Put, Blobs.PathOf(ns.Name, digest)) { Content = new ByteArrayContent(bytes) };
        request.Headers.TransferEncodingChunked = true;
        using var chunked = await node.Api.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, chunked.StatusCode);
        Assert.Contains("1000000 bytes", await chunked.Content.ReadAsStringAsync());

        Assert.Empty(await ns.ViolationsAsync());
        var most = bytes[..1_000_000];
        Assert.Equal(HttpStatusCode.Created, (await node.PutAsync(ns.Name, Layer.Hash(most), most)).Status);
    }

    [Theory]
    [InlineData("?term=1s", "term")]
    [InlineData("?term=721h", "term")]
    [InlineData("?term=soon", "term")]
    [InlineData("?lease=", "lease")]
    [InlineData("?lease=%20a", "lease")]
    [InlineData("?lease=a%0Ab", "lease")]
    [InlineData("?lease=%C3%A9", "lease")]
    [InlineData("?lease=a&term=1h", "term")]
    public async Task Bad_query_is_refused_and_the_parameter_named(string query, string parameter)
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        var answer = await node.PutAsync("bad-put", Layer.Hash([]), [], query);
        Assert.True(answer.Code is "invalid_request", answer.Text);
        Assert.True(answer.Json["errors"]!.AsObject().ContainsKey(parameter), answer.Text);
    }

    [Fact]
    public async Task Digest_that_containerd_does_not_compute_is_501()
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        var answer = await node.PutAsync("sha512", "sha512:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA512.HashData([])), []);
        Assert.Equal((HttpStatusCode.NotImplemented, "not_supported_by_containerd"), (answer.Status, answer.Code));
    }

    internal static async Task<Socket> SendHalfAsync(Node node, string path, long length, byte[] sent, string? range = null)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(node.Gateway.Url.Host, node.Gateway.Url.Port);
        var head = $"PUT {path} HTTP/1.1\r\nHost: {node.Gateway.Url.Authority}\r\nAuthorization: Bearer {GatewayProcess.Key}\r\nContent-Length: {length}\r\n"
            + (range is null ? "" : $"Content-Range: {range}\r\n") + "\r\n";
        await socket.SendAsync(Encoding.ASCII.GetBytes(head));
        for (var rest = sent.AsMemory(); rest.Length > 0;)
        {
            rest = rest[await socket.SendAsync(rest)..];
        }

        return socket;
    }
}
