using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.KitTests;

/// <summary>The registry misbehaves just as its script says, and no more.</summary>
public sealed class ScriptedRegistryTests : IAsyncLifetime
{
    private static readonly TestImage Image = TestImage.Of(Layer.Random(10_000, seed: 2));
    private static readonly string Blob = Image.Layers[0].Digest;
    private readonly HttpClient client = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private ScriptedRegistry registry = null!;
    private string url = "";

    public async ValueTask InitializeAsync()
    {
        registry = await ScriptedRegistry.StartAsync();
        registry.Add("acme/app:1", Image);
        url = $"http://{registry.Host}/v2/acme/app/blobs/{Blob}";
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await registry.DisposeAsync();
    }

    [Fact]
    public async Task Well_behaved_it_serves_blobs_ranges_and_manifests_and_counts()
    {
        Assert.Equal(Image.Layers[0].Bytes, await client.GetByteArrayAsync(url));
        using var rest = await GetAsync(from: 4_000);
        Assert.Equal(HttpStatusCode.PartialContent, rest.StatusCode);
        Assert.Equal(new ContentRangeHeaderValue(4_000, Image.Layers[0].Bytes.Length - 1, Image.Layers[0].Bytes.Length), rest.Content.Headers.ContentRange);
        Assert.Equal(Image.Layers[0].Bytes[4_000..], await rest.Content.ReadAsByteArrayAsync());
        using var beyond = await GetAsync(from: 1 << 20);
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, beyond.StatusCode);
        using var head = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"http://{registry.Host}/v2/acme/app/manifests/1"));
        Assert.Equal(Image.Digest, head.Headers.GetValues("Docker-Content-Digest").Single());
        using var unknown = await client.GetAsync($"http://{registry.Host}/v2/acme/other/manifests/1");
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);

        Assert.Equal((2L * Image.Layers[0].Bytes.Length) - 4_000, registry.BytesServedOf(Blob));
        Assert.Equal([null, "bytes=4000-", "bytes=1048576-"], registry.Seen.Where(seen => seen.Path.EndsWith(Blob, StringComparison.Ordinal)).Select(seen => seen.Range));
        Assert.Equal(3, registry.Count(Blob));
        Assert.Equal(1, registry.Count("/manifests/1", "HEAD"));
    }

    [Fact]
    public async Task Fault_comes_as_often_as_it_is_told_to()
    {
        registry.Faults.On("/blobs/", Faults.RetryAfter(503, 7), times: 2, skip: 1);
        Assert.Equal("200 503 503 200", await StatusesAsync(4));
        registry.Faults.On("/blobs/", Faults.Status(500));
        Assert.Equal("500 500", await StatusesAsync(2));
        registry.Faults.Clear();
        Assert.Equal("200", await StatusesAsync(1));
    }

    [Fact]
    public async Task Fault_meets_its_method_and_path_alone()
    {
        registry.Faults.On("/manifests/", Faults.Status(405), method: "HEAD");
        using var head = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"http://{registry.Host}/v2/acme/app/manifests/1"));
        using var get = await client.GetAsync($"http://{registry.Host}/v2/acme/app/manifests/1");
        Assert.Equal((HttpStatusCode.MethodNotAllowed, HttpStatusCode.OK), (head.StatusCode, get.StatusCode));
        Assert.Equal("200", await StatusesAsync(1));
    }

    [Fact]
    public async Task Headers_of_a_status_are_sent()
    {
        registry.Faults.On("/blobs/", Faults.RetryAfter(429, 7), times: 1)
            .On("/blobs/", Faults.Challenge("Bearer realm=\"http://127.0.0.1:1/token\""), times: 1)
            .On("/blobs/", Faults.Redirect("http://127.0.0.1:1/elsewhere"), times: 1);
        using var limited = await client.GetAsync(url);
        Assert.Equal(TimeSpan.FromSeconds(7), limited.Headers.RetryAfter!.Delta);
        using var challenged = await client.GetAsync(url);
        Assert.Equal("Bearer", challenged.Headers.WwwAuthenticate.Single().Scheme);
        using var redirected = await client.GetAsync(url);
        Assert.Equal((HttpStatusCode.TemporaryRedirect, "http://127.0.0.1:1/elsewhere"), (redirected.StatusCode, redirected.Headers.Location!.ToString()));
    }

    [Fact]
    public async Task Cut_ends_the_body_after_so_many_bytes_that_all_arrive()
    {
        registry.Faults.On("/blobs/", Faults.CutAfter(3_000));
        using var answer = await client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(Image.Layers[0].Bytes.Length, answer.Content.Headers.ContentLength);
        await using var body = await answer.Content.ReadAsStreamAsync();
        using var received = new MemoryStream();
        await Assert.ThrowsAnyAsync<IOException>(() => body.CopyToAsync(received));
        Assert.Equal(Image.Layers[0].Bytes[..3_000], received.ToArray());
        Assert.Equal(3_000, registry.BytesServedOf(Blob));
    }

    [Fact]
    public async Task Reset_is_one_on_the_wire()
    {
        registry.Faults.On("/blobs/", Faults.ResetAfter(3_000));
        var failure = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetByteArrayAsync(url));
        Assert.Equal(SocketError.ConnectionReset, Assert.IsType<SocketException>(failure.GetBaseException()).SocketErrorCode);
    }

    [Fact]
    public async Task Bytes_can_be_too_few_wrong_or_too_many()
    {
        registry.Faults.On("/blobs/", Faults.TruncateTo(100), times: 1).On("/blobs/", Faults.WrongBytes(), times: 1).On("/blobs/", Faults.ExtraBytes(5), times: 1);
        var good = Image.Layers[0].Bytes;
        Assert.Equal(good[..100], await client.GetByteArrayAsync(url));
        var wrong = await client.GetByteArrayAsync(url);
        Assert.Equal(good.Length, wrong.Length);
        Assert.NotEqual(good, wrong);
        Assert.Equal(good.Length + 5, (await client.GetByteArrayAsync(url)).Length);
    }

    [Fact]
    public async Task Drip_gives_it_all_in_the_end()
    {
        registry.Faults.On("/blobs/", Faults.Drip(1_000, TimeSpan.FromMilliseconds(1)));
        Assert.Equal(Image.Layers[0].Bytes, await client.GetByteArrayAsync(url));
    }

    [Fact]
    public async Task Stall_lasts_until_the_gate_opens()
    {
        var gate = new Gate();
        registry.Faults.On("/blobs/", Faults.Stall(gate, afterBytes: 500));
        var whole = client.GetByteArrayAsync(url);
        await gate.Arrived;
        Assert.False(whole.IsCompleted);
        Assert.Equal(500, registry.BytesServedOf(Blob));
        gate.Open();
        Assert.Equal(Image.Layers[0].Bytes, await whole);
    }

    [Fact]
    public async Task Ranges_can_be_ignored_or_lied_about()
    {
        registry.Faults.On("/blobs/", Faults.IgnoreRange(), times: 1).On("/blobs/", Faults.LyingRange(startOff: 1), times: 1).On("/blobs/", Faults.LyingRange(totalOff: 9), times: 1);
        var size = Image.Layers[0].Bytes.Length;
        using var ignored = await GetAsync(from: 10);
        Assert.Equal((HttpStatusCode.OK, (long?)size), (ignored.StatusCode, ignored.Content.Headers.ContentLength));
        using var start = await GetAsync(from: 10);
        Assert.Equal((HttpStatusCode.PartialContent, (long?)11), (start.StatusCode, start.Content.Headers.ContentRange!.From));
        using var total = await GetAsync(from: 10);
        Assert.Equal((10, size + 9), (total.Content.Headers.ContentRange!.From, total.Content.Headers.ContentRange.Length));
    }

    [Fact]
    public async Task Headers_can_be_wrong_or_missing()
    {
        registry.Faults.On("/manifests/", Faults.Headers(mediaType: "text/html", digest: "sha256:0"), times: 1).On("/manifests/", Faults.Headers("", ""), times: 1);
        using var wrong = await client.GetAsync($"http://{registry.Host}/v2/acme/app/manifests/1");
        Assert.Equal(("text/html", "sha256:0"), (wrong.Content.Headers.ContentType!.MediaType, wrong.Headers.GetValues("Docker-Content-Digest").Single()));
        using var missing = await client.GetAsync($"http://{registry.Host}/v2/acme/app/manifests/1");
        Assert.Null(missing.Content.Headers.ContentType);
        Assert.False(missing.Headers.Contains("Docker-Content-Digest"));
        Assert.Equal(Image.Manifests[Image.Digest].Bytes, await missing.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Token_is_wanted_and_given_to_anyone()
    {
        await using var guarded = await ScriptedRegistry.StartAsync(wantsToken: true);
        guarded.Add("acme/app:1", Image);
        guarded.Faults.On("/token", Faults.Text("no token"), times: 1);
        var manifest = $"http://{guarded.Host}/v2/acme/app/manifests/1";

        using var refused = await client.GetAsync(manifest);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal($"realm=\"http://{guarded.Host}/token\",service=\"test\",scope=\"repository:acme/app:pull,push\"", refused.Headers.WwwAuthenticate.Single().Parameter);
        Assert.Equal("no token", await client.GetStringAsync($"http://{guarded.Host}/token"));
        client.DefaultRequestHeaders.Authorization = new("Bearer", (string)JsonNode.Parse(await client.GetStringAsync($"http://{guarded.Host}/token"))!["token"]!);
        Assert.Equal(Image.Manifests[Image.Digest].Bytes, await client.GetByteArrayAsync(manifest));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Well_behaved_it_is_a_registry_to_containerd(string version)
    {
        await using var daemon = await ContainerdDaemon.StartAsync(version);
        await daemon.Ctr.PullAsync("default", $"{registry.Host}/acme/app:1", "--plain-http");
        Assert.Equal(Image.ChainIds, (await daemon.Ctr.SnapshotsAsync("default")).Select(snapshot => snapshot.Key));
        Assert.Equal(Image.Layers[0].Bytes.Length, registry.BytesServedOf(Blob));
    }

    private async Task<HttpResponseMessage> GetAsync(long from)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Range = new RangeHeaderValue(from, null);
        return await client.SendAsync(request);
    }

    private async Task<string> StatusesAsync(int count)
    {
        var statuses = new int[count];
        for (var i = 0; i < count; i++)
        {
            using var answer = await client.GetAsync(url);
            statuses[i] = (int)answer.StatusCode;
        }

        return string.Join(' ', statuses);
    }
}
