using System.Net;

namespace Gateway.ContainerdTests.Content;

/// <summary>Reading blobs that were stored past the gateway.</summary>
public sealed class GetContentTests(Nodes nodes)
{
    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Blob_comes_out_as_it_was_put_in(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("get");
        var bytes = Blobs.Random(3_000_001, seed: 1);
        var digest = await ns.PlantAsync(bytes);

        using var answer = await node.GetAsync(HttpMethod.Get, ns.Name, digest);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(bytes, await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal($"\"{digest}\"", answer.Headers.ETag!.ToString());
        Assert.Equal(digest, answer.Headers.GetValues("Docker-Content-Digest").Single());
        Assert.Equal("bytes", answer.Headers.AcceptRanges.Single());
        Assert.Equal("application/octet-stream", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal(bytes.Length, answer.Content.Headers.ContentLength);
        Assert.True(answer.Headers.CacheControl is { Private: true, NoCache: true });

        using var head = await node.GetAsync(HttpMethod.Head, ns.Name, digest);
        Assert.Equal((HttpStatusCode.OK, bytes.Length), (head.StatusCode, head.Content.Headers.ContentLength));
        Assert.Equal($"\"{digest}\"", head.Headers.ETag!.ToString());
    }

    [Theory]
    [InlineData("bytes=0-0", 0, 1)]
    [InlineData("bytes=1048570-1048590", 1_048_570, 21)]
    [InlineData("bytes=2000000-", 2_000_000, 500_000)]
    [InlineData("bytes=-7", 2_499_993, 7)]
    [InlineData("bytes=2499999-9999999", 2_499_999, 1)]
    [InlineData("bytes=-9999999", 0, 2_500_000)]
    public async Task Range_gives_just_these_bytes_on_every_version(string range, int offset, int length)
    {
        var bytes = Blobs.Random(2_500_000, seed: 2);
        foreach (var version in Versions.All)
        {
            var node = await nodes.NodeAsync(version);
            await using var ns = node.Containerd.NewNamespace("range");
            var digest = await ns.PlantAsync(bytes);

            using var answer = await node.GetAsync(HttpMethod.Get, ns.Name, digest, ("Range", range));
            Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
            Assert.Equal(bytes[offset..(offset + length)], await answer.Content.ReadAsByteArrayAsync());
            Assert.Equal($"bytes {offset}-{offset + length - 1}/2500000", answer.Content.Headers.ContentRange!.ToString());
        }
    }

    [Fact]
    public async Task Range_outside_the_blob_is_416_with_its_length()
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        await using var ns = node.Containerd.NewNamespace("outside");
        var digest = await ns.PlantAsync(Blobs.Random(100, seed: 3));
        foreach (var range in new[] { "bytes=100-", "bytes=100-200", "bytes=-0" })
        {
            using var answer = await node.GetAsync(HttpMethod.Get, ns.Name, digest, ("Range", range));
            Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, answer.StatusCode);
            Assert.Equal("bytes */100", answer.Content.Headers.GetValues("Content-Range").Single());
            Assert.Contains("range_not_satisfiable", await answer.Content.ReadAsStringAsync());
        }
    }

    [Theory]
    [InlineData("Range", "bytes=0-1,5-6")]
    [InlineData("Range", "lines=1-2")]
    [InlineData("Range", "bytes=9-2")]
    [InlineData("If-Range", "\"sha256:other\"")]
    [InlineData("If-Range", "Wed, 21 Oct 2015 07:28:00 GMT")]
    public async Task Range_that_cannot_be_served_gives_the_whole(string name, string value)
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        await using var ns = node.Containerd.NewNamespace("whole");
        var bytes = Blobs.Random(100, seed: 4);
        var digest = await ns.PlantAsync(bytes);
        using var answer = await node.GetAsync(HttpMethod.Get, ns.Name, digest, name is "Range" ? (name, value) : ("Range", "bytes=0-1"), (name, value));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(bytes, await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Conditions_are_kept()
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        await using var ns = node.Containerd.NewNamespace("conditions");
        var digest = await ns.PlantAsync(Blobs.Random(100, seed: 5));
        var etag = $"\"{digest}\"";

        using var known = await node.GetAsync(HttpMethod.Get, ns.Name, digest, ("If-None-Match", $"\"x\", {etag}"));
        Assert.Equal((HttpStatusCode.NotModified, etag), (known.StatusCode, known.Headers.ETag!.ToString()));
        using var other = await node.GetAsync(HttpMethod.Get, ns.Name, digest, ("If-None-Match", "\"x\""));
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        using var same = await node.GetAsync(HttpMethod.Get, ns.Name, digest, ("If-Range", etag), ("Range", "bytes=0-9"));
        Assert.Equal(HttpStatusCode.PartialContent, same.StatusCode);
        using var wrong = await node.GetAsync(HttpMethod.Get, ns.Name, digest, ("If-Match", "\"x\""));
        Assert.Equal(HttpStatusCode.PreconditionFailed, wrong.StatusCode);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Blob_of_another_namespace_is_not_there(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var victim = node.Containerd.NewNamespace("victim");
        await using var other = node.Containerd.NewNamespace("other");
        var digest = await victim.PlantAsync(Blobs.Random(1000, seed: 6));

        foreach (var path in new[] { Blobs.PathOf(other.Name, digest), Blobs.PathOf(other.Name, digest) + "/references" })
        {
            var answer = await node.Api.GetAsync(path);
            Assert.Equal((HttpStatusCode.NotFound, "not_found"), (answer.Status, answer.Code));
        }

        using var head = await node.GetAsync(HttpMethod.Head, other.Name, digest);
        Assert.Equal(HttpStatusCode.NotFound, head.StatusCode);
    }

    [Theory]
    [InlineData("sha256:short")]
    [InlineData("latest")]
    [InlineData("sha256:..%2F..%2Fetc%2Fpasswd")]
    [InlineData("md5:d41d8cd98f00b204e9800998ecf8427e")]
    [InlineData("sha256:ABCDEF0000000000000000000000000000000000000000000000000000000000")]
    public async Task What_is_no_digest_is_refused(string digest)
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        foreach (var (method, path) in new[]
        {
            (HttpMethod.Get, Blobs.PathOf("x", digest)), (HttpMethod.Put, Blobs.PathOf("x", digest)), (HttpMethod.Delete, Blobs.PathOf("x", digest)),
            (HttpMethod.Get, Blobs.PathOf("x", digest) + "/references"),
        })
        {
            var answer = await node.Api.SendAsync(method, path);
            Assert.True(answer.Code is "invalid_request", answer.Text);
            Assert.True(answer.Json["errors"]!.AsObject().ContainsKey("digest"), answer.Text);
        }
    }
}
