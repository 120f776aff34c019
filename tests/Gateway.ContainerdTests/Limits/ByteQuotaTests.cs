using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Gateway.ContainerdTests.Content;
using Gateway.ContainerdTests.Custom;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Limits;

/// <summary>A gateway where each namespace may hold a million bytes of content.</summary>
public sealed class ByteQuotaTests
{
    private const string Ns = "quota";

    private static readonly Dictionary<string, string?> Million = new() { ["Limits__BytesPerNamespace"] = "1000000" };

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Upload_beyond_the_quota_is_refused_until_there_is_room(string version)
    {
        await using var node = await Node.StartAsync(version, Million);
        var (first, second) = (Blobs.Random(600_000, 1), Blobs.Random(600_000, 2));
        var (firstDigest, secondDigest) = (Layer.Hash(first), Layer.Hash(second));
        Assert.Equal(HttpStatusCode.Created, (await node.PutAsync(Ns, firstDigest, first)).Status);

        var refused = await node.PutAsync(Ns, secondDigest, second);
        Assert.Equal((HttpStatusCode.TooManyRequests, "quota_exceeded"), (refused.Status, refused.Code));
        Assert.True(refused.Headers.RetryAfter!.Delta >= TimeSpan.FromSeconds(1));
        Assert.Equal("quota_exceeded", (await node.PutAsync(Ns, secondDigest, second[..100_000], range: "bytes 0-99999/600000")).Code);
        Assert.Equal([firstDigest], await node.Ctr.BlobsAsync(Ns));
        Assert.Empty(await node.Ctr.IngestsAsync(Ns));

        // What is there already takes no room, and another namespace has its own.
        Assert.Equal(HttpStatusCode.OK, (await node.PutAsync(Ns, firstDigest, first)).Status);
        Assert.Equal(HttpStatusCode.Created, (await node.PutAsync("other", secondDigest, second)).Status);

        await node.Ctr.RunAsync(Ns, "content", "rm", firstDigest);
        Assert.Equal(HttpStatusCode.Created, (await node.PutAsync(Ns, secondDigest, second)).Status);
    }

    [Fact]
    public async Task Bytes_that_are_just_coming_in_count_but_not_twice()
    {
        await using var node = await Node.StartAsync(Versions.Oldest, Million);
        var bytes = Blobs.Random(600_000, 3);
        var digest = Layer.Hash(bytes);
        Assert.Equal(HttpStatusCode.Accepted, (await node.PutAsync(Ns, digest, bytes[..1000], range: "bytes 0-999/600000")).Status);
        var other = Blobs.Random(600_000, 4);
        Assert.Equal("quota_exceeded", (await node.PutAsync(Ns, Layer.Hash(other), other)).Code);
        Assert.Equal(HttpStatusCode.Created, (await node.PutAsync(Ns, digest, bytes[1000..], range: "bytes 1000-599999/600000")).Status);
    }

    [Fact]
    public async Task Upload_that_does_not_tell_its_length_is_ended_where_the_room_ends()
    {
        await using var node = await Node.StartAsync(Versions.Oldest, Million);
        var bytes = Blobs.Random(40_000_000, 8);
        using var body = new StreamContent(PipeReader.Create(new ReadOnlySequence<byte>(bytes)).AsStream());
        body.Headers.ContentType = new("application/octet-stream");
        await RefusedAsync(node.Api.SendAsync(HttpMethod.Put, $"/v1/namespaces/{Ns}/content/{Layer.Hash(bytes)}", body));
        Assert.Empty(await node.Ctr.IngestsAsync(Ns));
        Assert.Empty(await node.Ctr.BlobsAsync(Ns));
    }

    [Fact]
    public async Task Archive_that_holds_more_than_its_length_tells_is_refused_and_leaves_nothing()
    {
        await using var node = await Node.StartAsync(Versions.Oldest, Million);
        var archive = TestArchive.OciLayout(("acme/zeros:1", TestImage.Of(Layer.Of(Compression.None, ("zeros", new string('0', 17_000_000)))))).ToBytes(Compression.Gzip);
        Assert.InRange(archive.Length, 1, 500_000);
        using var body = new ByteArrayContent(archive);
        body.Headers.ContentType = new("application/x-tar");
        await RefusedAsync(node.Api.SendAsync(HttpMethod.Post, $"/v1/namespaces/{Ns}/images/import", body));
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, Ns));
        Assert.Empty(await node.Ctr.BlobsAsync(Ns));
    }

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Pull_that_would_go_beyond_the_quota_fails_before_a_layer_is_asked_for(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        await using var node = await Node.StartAsync(version, Million);
        var big = TestImage.Of(Layer.Random(1_200_000, 5));
        var failed = await node.Api.PullAsync(Ns, new { reference = registry.Add("acme/big:1", big) });
        Assert.True((string?)failed["error"]?["code"] is "quota_exceeded", failed.ToJsonString());
        Assert.Equal(0, registry.Count(big.Layers[0].Digest));
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, Ns));

        var fits = registry.Add("acme/fits:1", TestImage.Of(Layer.Random(600_000, 6)));
        foreach (var policy in new[] { "always", "always", "ifNotPresent" })
        {
            var job = await node.Api.PullAsync(Ns, new { reference = fits, policy });
            Assert.True((string?)job["state"] is "succeeded", job.ToJsonString());
        }
    }

    [Fact]
    public async Task In_a_full_namespace_nothing_begins_that_would_store_more()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        await using var node = await Node.StartAsync(Versions.Oldest, new Dictionary<string, string?> { ["Limits__BytesPerNamespace"] = "10000000" });
        var image = CustomCalls.Base();
        var reference = registry.Add("acme/base:1", image);
        await node.Api.PullAsync(Ns, new { reference });
        await node.Ctr.ChangeAsync(Ns, "changed", image.ChainIds[^1], "echo more > new");
        await RawGrpc.PutBlobAsync(node.Containerd.Address, Ns, Blobs.Random(10_000_000, 7), ("containerd.io/gc.root", "x"));

        using var archive = new ByteArrayContent(TestArchive.OciLayout(("acme/app:1", TestImage.Small(1))).ToBytes());
        archive.Headers.ContentType = new("application/x-tar");
        await RefusedAsync(node.Api.SendAsync(HttpMethod.Post, $"/v1/namespaces/{Ns}/images/import", archive));
        await RefusedAsync(node.Api.PostAsync($"/v1/namespaces/{Ns}/images/pull", new { reference }));
        await RefusedAsync(node.Api.PostAsync($"/v1/namespaces/{Ns}/images/commit", new { snapshotter = "overlayfs", snapshot = "changed", @base = reference, reference = "acme/new:1" }));
        await RefusedAsync(node.Api.PostAsync($"/v1/namespaces/{Ns}/images/compose", new { reference = "acme/new:1", layers = new[] { new { digest = image.Layers[0].Digest } } }));
        await RefusedAsync(node.Api.PostAsync($"/v1/namespaces/{Ns}/snapshotters/overlayfs/snapshots/changed/diff", new { }));
        Assert.Single((await node.Api.GetAsync("/v1/jobs")).Json["items"]!.AsArray());
    }

    private static async Task RefusedAsync(Task<Answer> asked)
    {
        var answer = await asked;
        Assert.True((answer.Status, answer.Code) is (HttpStatusCode.TooManyRequests, "quota_exceeded"), answer.Text);
    }
}
