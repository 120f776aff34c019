using System.Net;
using System.Net.Http.Headers;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Archives;

/// <summary>Archives and requests that are refused: a clear problem at once, no job, and nothing left in containerd.</summary>
public sealed class ImportRefusalsTests(Nodes nodes)
{
    private const string App = "docker.io/acme/app:1";

    private static readonly TestImage Image = TestImage.Of(Layer.Random(300_000, 1), Layer.Random(200_000, 2));

    /// <summary>One of each way in which the format refuses, each looked at alone; <see cref="HostileArchives"/> has them all.</summary>
    public static TheoryData<string, string, int, string> Archives => new()
    {
        { "nothing", "invalid_archive", 422, "truncated" },
        { "text", "invalid_archive", 422, "not a tar archive" },
        { "no image", "invalid_archive", 422, "neither oci-layout nor manifest.json" },
        { "missing layer", "invalid_archive", 422, Image.Layers[1].Digest },
        { "other bytes", "invalid_archive", 422, "holds the bytes of" },
        { "truncated", "invalid_archive", 422, "truncated" },
        { "truncated gzip", "invalid_archive", 422, "truncated" },
        { "device", "invalid_archive", 422, "device" },
        { "link out", "invalid_archive", 422, "leads out" },
        { "no name", "invalid_archive", 422, "prefix" },
        { "bomb", "archive_too_large", 413, "200 times" },
        { "layer bomb in gzip", "archive_too_large", 413, "200 times" },
        { "layer bomb in zstd", "archive_too_large", 413, "200 times" },
        { "layer bomb behind a skippable frame", "archive_too_large", 413, "200 times" },
        { "layer bomb of docker save", "archive_too_large", 413, "200 times" },
        { "large index", "archive_too_large", 413, "index.json" },
        { "wrong diff id", "unpack_failed", 502, "" },
    };

    [Theory]
    [MemberData(nameof(Archives))]
    public async Task Archive_that_cannot_be_imported_leaves_nothing(string kind, string code, int status, string told)
    {
        foreach (var version in Versions.All)
        {
            var node = await nodes.NodeAsync(version);
            await using var space = node.Containerd.NewNamespace("refused");
            var answer = await node.Api.ImportAnswerAsync(space.Name, Make(kind));
            if (code is "unpack_failed")
            {
                // Only the job can tell: the layer has to be applied.
                var job = await node.Api.EndOfAsync((string)answer.Json["id"]!);
                Assert.Equal((code, status), ((string?)job["error"]!["code"], (int)job["error"]!["status"]!));
            }
            else
            {
                Assert.True((status, code) == ((int)answer.Status, answer.Code), answer.Text);
                Assert.Contains(told, (string?)answer.Json["detail"], StringComparison.Ordinal);
            }

            Assert.Empty(await node.Ctr.ImagesAsync(space.Name));
            Assert.Empty(await space.ViolationsAsync());
        }
    }

    [Theory]
    [MemberData(nameof(Versions.Ends), MemberType = typeof(Versions))]
    public async Task Hostile_archives_are_all_refused_in_little_memory_and_leave_nothing(string version)
    {
        const string Ns = "hostile";
        await using var node = await Node.StartAsync(version);
        await node.Api.ImportAsync("idle", TestArchive.OciLayout((App, TestImage.Small(1))).ToBytes());
        var idle = node.Gateway.MemoryBytes;
        foreach (var (name, hostile) in HostileArchives.All)
        {
            var expected = hostile.IsTooLarge ? (413, "archive_too_large") : (422, "invalid_archive");
            foreach (var form in hostile.Forms())
            {
                var answer = await node.Api.ImportAnswerAsync(Ns, form);
                Assert.True(expected == ((int)answer.Status, answer.Code), $"{name}: {answer.Text}");
                Assert.Contains(hostile.Told, (string?)answer.Json["detail"], StringComparison.Ordinal);
            }
        }

        var above = (node.Gateway.PeakMemoryBytes - idle) / 1024 / 1024;
        Console.WriteLine($"{{\"measure\":\"hostile archives' memory\",\"containerd\":\"{version}\",\"aboveIdleMiB\":{above}}}");
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, Ns));
        Assert.Empty(await node.Ctr.ImagesAsync(Ns));
        Assert.Empty(await node.Ctr.BlobsAsync(Ns));
        Assert.Empty(await node.Ctr.LeasesAsync(Ns));
        Assert.InRange(above, 0, 64);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Naming_a_blob_of_another_namespace_does_not_give_it_out(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var owner = node.Containerd.NewNamespace("owner");
        await using var thief = node.Containerd.NewNamespace("thief");
        var secret = TestImage.Of(Layer.Random(50_000, 77));
        await node.Api.ImportAsync(owner.Name, TestArchive.OciLayout((App, secret)).ToBytes());
        var path = "blobs/" + secret.Layers[0].Digest.Replace(':', '/');
        foreach (var archive in new[] { TestArchive.OciLayout((App, secret)).Without(path), TestArchive.OciLayout((App, secret)).Without(path).Add(path, new byte[secret.Layers[0].Bytes.Length]) })
        {
            Assert.Equal("invalid_archive", (await node.Api.ImportAnswerAsync(thief.Name, archive.ToBytes())).Code);
            await node.Ctr.CollectAsync(thief.Name);
            Assert.Empty(await node.Ctr.BlobsAsync(thief.Name));
        }
    }

    [Theory]
    [InlineData("platform=linux", "platform")]
    [InlineData("platform=linux/amd64&platform=a/b/c/d", "platform")]
    [InlineData("prefix=UPPER", "prefix")]
    [InlineData("prefix=acme/app:1", "prefix")]
    [InlineData("snapshotter=../x", "snapshotter")]
    [InlineData("unpack=perhaps", "unpack")]
    [InlineData("overwrite=2", "overwrite")]
    public async Task Bad_parameter_is_named(string query, string field)
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        var answer = await node.Api.ImportAnswerAsync("bad-input", [], query);
        Assert.True((int)answer.Status is 400, answer.Text);
        Assert.True(answer.Json["errors"]!.AsObject().ContainsKey(field), answer.Text);
    }

    [Fact]
    public async Task Snapshotter_that_is_not_there_is_told_before_the_body_is_read()
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        var answer = await node.Api.ImportAnswerAsync("bad-input", [], "snapshotter=nowhere");
        Assert.Equal((422, "snapshotter_not_found"), ((int)answer.Status, answer.Code));
    }

    [Theory]
    [InlineData("application/json", 415)]
    [InlineData("application/x-www-form-urlencoded", 415)]
    [InlineData("text/plain", 415)]
    [InlineData("application/x-tar", 202)]
    [InlineData("application/gzip", 202)]
    [InlineData("application/zstd", 202)]
    [InlineData("application/octet-stream", 202)]
    [InlineData("application/vnd.oci.image.layout.v1+tar", 202)]
    [InlineData(null, 202)]
    public async Task Body_is_taken_under_the_types_that_archives_have(string? mediaType, int status)
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        await using var space = node.Containerd.NewNamespace("types");
        var body = new ByteArrayContent(TestArchive.OciLayout((App, TestImage.Small(1))).ToBytes(Compression.Zstd));
        body.Headers.ContentType = mediaType is null ? null : new MediaTypeHeaderValue(mediaType);
        var answer = await node.Api.SendAsync(HttpMethod.Post, $"/v1/namespaces/{space.Name}/images/import", body);
        Assert.True(status == (int)answer.Status, answer.Text);
        if (status is 202)
        {
            await node.Api.EndOfAsync((string)answer.Json["id"]!);
        }
    }

    [Fact]
    public async Task Archive_over_the_configured_bound_is_413_whether_its_length_is_told_or_not()
    {
        await using var node = await Node.StartAsync(Versions.Oldest, new Dictionary<string, string?> { ["Images__MaxArchiveBytes"] = "1048576" });
        var archive = TestArchive.OciLayout((App, TestImage.Of(Layer.Random(2_000_000, 3)))).ToBytes();
        var told = await node.Api.SendAsync(HttpMethod.Post, "/v1/namespaces/bound/images/import", new ByteArrayContent(archive), ("Expect", "100-continue"));
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "archive_too_large"), (told.Status, told.Code));
        var chunked = await node.Api.SendAsync(HttpMethod.Post, "/v1/namespaces/bound/images/import", new ByteArrayContent(archive), ("Transfer-Encoding", "chunked"), ("Expect", "100-continue"));
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "archive_too_large"), (chunked.Status, chunked.Code));
        foreach (var compression in new[] { Compression.Gzip, Compression.Zstd })
        {
            var grown = await node.Api.ImportAnswerAsync("bound", Oci().Add("much", new byte[2_000_000]).ToBytes(compression));
            Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "archive_too_large"), (grown.Status, grown.Code));
            Assert.Contains("decompresses to more than 1048576 bytes", (string?)grown.Json["detail"], StringComparison.Ordinal);
        }

        Assert.Empty(await Invariants.CheckAsync(node.Containerd, "bound"));
    }

    [Fact]
    public async Task Caller_needs_images_write()
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        using var stranger = new GatewayApi(node.Gateway.Url, "gwk_none");
        Assert.Equal(401, (int)(await stranger.ImportAnswerAsync("x", [])).Status);
    }

    private static byte[] Make(string kind) => kind switch
    {
        "nothing" => [],
        "text" => new byte[5000].Select((_, i) => (byte)('a' + (i % 26))).ToArray(),
        "no image" => new TestArchive().Add("etc/passwd", "x").ToBytes(),
        "missing layer" => Oci().WithoutBlob(Image.Layers[1].Digest).ToBytes(),
        "other bytes" => Oci().WithoutBlob(Image.Layers[1].Digest).Add("blobs/" + Image.Layers[1].Digest.Replace(':', '/'), Layer.Random(1000, 9).Bytes).ToBytes(),
        "truncated" => Oci().ToBytes()[..400_000],
        "truncated gzip" => Oci().ToBytes(Compression.Gzip)[..400_000],
        "device" => Oci().Add(new System.Formats.Tar.GnuTarEntry(System.Formats.Tar.TarEntryType.CharacterDevice, "null")).ToBytes(),
        "link out" => Oci().AddLink("blobs/x", "../../../etc/shadow").ToBytes(),
        "no name" => TestArchive.OciLayout((null, Image)).ToBytes(),
        "bomb" => TestArchive.OciLayout((App, Image)).Add("zeros", new byte[400 << 20]).ToBytes(Compression.Zstd),
        "layer bomb in gzip" => TestArchive.OciLayout((App, TestImage.Of(Layer.Bomb(Compression.Gzip, 200 << 20)))).ToBytes(),
        "layer bomb in zstd" => TestArchive.OciLayout((App, TestImage.Of(Layer.Bomb(Compression.Zstd, 200 << 20)))).ToBytes(),
        "layer bomb behind a skippable frame" => TestArchive.OciLayout((App, TestImage.Of(Layer.Bomb(Compression.Zstd, 200 << 20).BehindSkippableFrame()))).ToBytes(),
        "layer bomb of docker save" => TestArchive.DockerSave((App, TestImage.Of(Layer.Bomb(Compression.Gzip, 200 << 20)))).ToBytes(),
        "large index" => new TestArchive().Add("oci-layout", "{}").AddBlobs([Image]).Add("index.json", new string(' ', 50 << 20)).ToBytes(),
        _ => TestArchive.OciLayout((App, TestImage.Of([Layer.Of(Compression.Gzip, ("a", "1"))], docker: false, diffIds: [Layer.Of(Compression.None, ("b", "2")).DiffId]))).ToBytes(),
    };

    private static TestArchive Oci() => TestArchive.OciLayout((App, Image));
}
