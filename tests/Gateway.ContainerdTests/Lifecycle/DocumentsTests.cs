using System.Net;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Lifecycle;

/// <summary>Raw manifests and configs.</summary>
public sealed class DocumentsTests(Nodes nodes)
{
    private const string Oci = "application/vnd.oci.image.";

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Documents_are_the_bytes_of_their_digests(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("documents");
        var (amd, arm) = (TestImage.Small(340), TestImage.Small(341, "linux/arm64"));
        var index = TestImage.Index(docker: false, ("linux/amd64", amd), ("linux/arm64", arm));
        var reference = registry.Add("acme/app:1", index);
        await node.Api.PullAsync(ns.Name, new { reference, allPlatforms = true });

        await AssertIsAsync("manifest", index.Digest, Oci + "index.v1+json");
        await AssertIsAsync("manifest?platform=linux/amd64", amd.Digest, Oci + "manifest.v1+json");
        await AssertIsAsync("manifest?platform=linux/aarch64", arm.Digest, Oci + "manifest.v1+json");
        await AssertIsAsync("config?platform=linux%2Farm64", arm.ConfigDigest, Oci + "config.v1+json");
        await AssertIsAsync("config", amd.ConfigDigest, Oci + "config.v1+json");

        async Task AssertIsAsync(string what, string digest, string mediaType)
        {
            foreach (var method in new[] { HttpMethod.Get, HttpMethod.Head })
            {
                using var answer = await SendAsync(node, method, Path(ns, reference, what));
                var expected = await File.ReadAllBytesAsync(node.Containerd.BlobPath(digest));
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                Assert.Equal(mediaType, answer.Content.Headers.GetValues("Content-Type").Single());
                Assert.Equal(digest, answer.Headers.GetValues("Docker-Content-Digest").Single());
                Assert.Equal($"\"{digest}\"", answer.Headers.ETag!.ToString());
                Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
                Assert.Equal(expected.Length, answer.Content.Headers.ContentLength);
                Assert.Equal(method == HttpMethod.Get ? expected : [], await answer.Content.ReadAsByteArrayAsync());
            }
        }
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Image_of_one_manifest_has_its_config_whatever_its_platform(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("single");
        var image = TestImage.Of([Layer.Of(Compression.Gzip, ("a", "a"))], docker: true, "linux/s390x");
        var reference = registry.Add("acme/app:1", image);
        await node.Api.PullAsync(ns.Name, new { reference, platforms = new[] { "linux/s390x" }, unpack = false });

        using var config = await SendAsync(node, HttpMethod.Get, Path(ns, reference, "config"));
        Assert.Equal("application/vnd.docker.container.image.v1+json", config.Content.Headers.ContentType!.ToString());
        Assert.Equal(image.ConfigDigest, config.Headers.GetValues("Docker-Content-Digest").Single());
        using var manifest = await SendAsync(node, HttpMethod.Get, Path(ns, reference, "manifest?platform=linux/s390x"));
        Assert.Equal(HttpStatusCode.OK, manifest.StatusCode);
        foreach (var what in new[] { "manifest", "config" })
        {
            var none = await node.Api.GetAsync(Path(ns, reference, what + "?platform=linux/amd64"));
            Assert.Equal((HttpStatusCode.UnprocessableEntity, "platform_not_found"), (none.Status, none.Code));
            var bad = await node.Api.GetAsync(Path(ns, reference, what + "?platform=linux"));
            Assert.True(bad.Json["errors"]!.AsObject().ContainsKey("platform"), bad.Text);
        }
    }

    [Fact]
    public async Task Artifact_has_a_manifest_and_a_config_of_its_own_kind()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(Versions.Oldest);
        await using var ns = node.Containerd.NewNamespace("artifact");
        var reference = registry.Add("acme/thing:1", TestImage.Artifact("thing"u8.ToArray()));
        await node.Api.PullAsync(ns.Name, new { reference, unpack = false });

        using var config = await SendAsync(node, HttpMethod.Get, Path(ns, reference, "config"));

        Assert.Equal("application/vnd.oci.empty.v1+json", config.Content.Headers.ContentType!.ToString());
        Assert.Equal("{}", await config.Content.ReadAsStringAsync());
        Assert.StartsWith("sandbox", config.Headers.GetValues("Content-Security-Policy").Single());
    }

    [Theory]
    [InlineData("bytes=0-9", 206, 0, 10)]
    [InlineData("bytes=10-", 206, 10, -1)]
    [InlineData("bytes=-5", 206, -5, 5)]
    [InlineData("bytes=0-999999", 206, 0, -1)]
    [InlineData("bytes=5-5", 206, 5, 1)]
    [InlineData("bytes=999999-", 416, 0, 0)]
    [InlineData("bytes=-0", 416, 0, 0)]
    [InlineData("bytes=0-1,4-5", 200, 0, -1)]
    [InlineData("lines=0-1", 200, 0, -1)]
    [InlineData("bytes=9-2", 200, 0, -1)]
    public async Task Range_is_served_or_refused(string range, int status, int from, int count)
    {
        var (node, ns, path, bytes) = await OneAsync(nodes, 342);
        await using var _ = ns;
        using var answer = await SendAsync(node, HttpMethod.Get, path, ("Range", range));
        Assert.Equal(status, (int)answer.StatusCode);
        var body = await answer.Content.ReadAsByteArrayAsync();
        if (status is 416)
        {
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
            Assert.Contains("range_not_satisfiable", System.Text.Encoding.UTF8.GetString(body));
            return;
        }

        var start = from < 0 ? bytes.Length + from : from;
        Assert.Equal(bytes[start..(count < 0 ? bytes.Length : start + count)], body);
    }

    [Fact]
    public async Task Conditions_are_kept()
    {
        var (node, ns, path, _) = await OneAsync(nodes, 343);
        await using var __ = ns;
        using var first = await SendAsync(node, HttpMethod.Get, path);
        var etag = first.Headers.ETag!.ToString();
        foreach (var (header, value, status) in new[]
        {
            ("If-None-Match", etag, 304), ("If-None-Match", "W/" + etag, 304), ("If-None-Match", "*", 304), ("If-None-Match", $"\"x\", {etag}", 304),
            ("If-None-Match", "\"x\"", 200), ("If-Match", etag, 200), ("If-Match", "\"x\"", 412),
        })
        {
            foreach (var method in new[] { HttpMethod.Get, HttpMethod.Head })
            {
                using var answer = await SendAsync(node, method, path, (header, value));
                Assert.True(status == (int)answer.StatusCode, $"{method} {header}: {value} gave {answer.StatusCode}");
                Assert.True(status is 412 || answer.Headers.ETag!.ToString() == etag);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Missing_content_is_told_and_what_is_here_is_served(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("missing");
        var amd = TestImage.Small(344);
        var index = TestImage.Index(docker: false, ("linux/amd64", amd), ("linux/arm64", TestImage.Small(345, "linux/arm64")));
        var reference = registry.Add("acme/app:1", index);
        await node.Api.PullAsync(ns.Name, new { reference, platforms = new[] { "linux/amd64" } });

        var absent = await node.Api.GetAsync(Path(ns, reference, "manifest?platform=linux/arm64"));
        Assert.Equal((HttpStatusCode.Conflict, "content_missing"), (absent.Status, absent.Code));
        await ns.CtrAsync("content", "rm", amd.ConfigDigest);
        Assert.Equal("content_missing", (await node.Api.GetAsync(Path(ns, reference, "config"))).Code);
        Assert.Equal(HttpStatusCode.OK, (await node.Api.GetAsync(Path(ns, reference, "manifest?platform=linux/amd64"))).Status);
        await ns.CtrAsync("content", "rm", index.Digest);
        Assert.Equal("content_missing", (await node.Api.GetAsync(Path(ns, reference, "manifest"))).Code);
        Assert.Equal("image_not_found", (await node.Api.GetAsync(Path(ns, "nobody", "manifest"))).Code);
    }

    /// <summary>Names that end like a route of ours, or look like a way out.</summary>
    [Theory]
    [InlineData("acme/manifest")]
    [InlineData("acme/config")]
    [InlineData("acme/app/manifest")]
    [InlineData("manifest")]
    [InlineData("acme/pull")]
    [InlineData("pull")]
    [InlineData("tag")]
    [InlineData("resolve")]
    [InlineData("../escape")]
    [InlineData("../../v1/jobs")]
    [InlineData("a/../b")]
    [InlineData("with space?and#more")]
    [InlineData("%41")]
    [InlineData("a%2Fb")]
    [InlineData("..%2F..%2fescape")]
    [InlineData("a/b%25c%")]
    [InlineData("ünïcode/🐳")]
    public async Task Every_stored_name_is_reached_percent_encoded(string name)
    {
        var (node, ns, path, _) = await OneAsync(nodes, 346);
        await using var __ = ns;
        await ns.CtrAsync("images", "tag", Uri.UnescapeDataString(path.Split('/')[5]), name);
        var image = $"/v1/namespaces/{ns.Name}/images/{Uri.EscapeDataString(name)}";

        Assert.Equal(name, (string?)(await node.Api.GetAsync(image)).Json["name"]);
        using var manifest = await SendAsync(node, HttpMethod.Get, image + "/manifest");
        Assert.Equal(HttpStatusCode.OK, manifest.StatusCode);
        using var config = await SendAsync(node, HttpMethod.Head, image + "/config");
        Assert.Equal(HttpStatusCode.OK, config.StatusCode);
        var patched = await node.Api.SendAsync(HttpMethod.Patch, image, System.Net.Http.Json.JsonContent.Create(new { labels = new { a = "b" } }));
        Assert.Equal("b", (string?)patched.Json["labels"]!["a"]);
        Assert.Equal(HttpStatusCode.NoContent, (await node.Api.SendAsync(HttpMethod.Delete, image)).Status);
        Assert.DoesNotContain(name, await node.Ctr.ImagesAsync(ns.Name));
    }

    [Theory]
    [InlineData("host.io/acme/manifest")]
    [InlineData("acme/manifest")]
    [InlineData("acme/config")]
    public async Task Raw_slashes_do_for_what_changes_an_image(string name)
    {
        var (node, ns, path, _) = await OneAsync(nodes, 347);
        await using var __ = ns;
        await ns.CtrAsync("images", "tag", Uri.UnescapeDataString(path.Split('/')[5]), name);
        var image = $"/v1/namespaces/{ns.Name}/images/{name}";
        var patched = await node.Api.SendAsync(HttpMethod.Patch, image, System.Net.Http.Json.JsonContent.Create(new { labels = new { a = "b" } }));
        Assert.Equal(name, (string?)patched.Json["name"]);
        Assert.Equal(HttpStatusCode.NoContent, (await node.Api.SendAsync(HttpMethod.Delete, image)).Status);
    }

    [Theory]
    [InlineData("a%252Fb")]
    [InlineData("..%252F..%252Fescape")]
    [InlineData("%2e%2e%2fescape")]
    [InlineData("%00")]
    [InlineData("a%00b")]
    [InlineData("a%0Ab")]
    [InlineData("%ff")]
    [InlineData("a%2")]
    public async Task Odd_encodings_are_clear_refusals(string encoded)
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        foreach (var rest in new[] { "", "/manifest", "/config" })
        {
            using var answer = await SendAsync(node, HttpMethod.Get, $"/v1/namespaces/odd/images/{encoded}{rest}");
            Assert.True((int)answer.StatusCode is 400 or 404, $"{encoded}{rest}: {answer.StatusCode}");
        }
    }

    [Fact]
    public async Task Name_that_is_encoded_twice_is_another_name()
    {
        var (node, ns, path, _) = await OneAsync(nodes, 348);
        await using var __ = ns;
        await ns.CtrAsync("images", "tag", Uri.UnescapeDataString(path.Split('/')[5]), "a/b");
        var images = $"/v1/namespaces/{ns.Name}/images/";

        Assert.Equal("a/b", (string?)(await node.Api.GetAsync(images + "a%2fb")).Json["name"]);
        Assert.Equal("a/b", (string?)(await node.Api.GetAsync(images + "a/b")).Json["name"]);
        Assert.Equal(HttpStatusCode.NotFound, (await node.Api.GetAsync(images + "a%252Fb")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await node.Api.SendAsync(HttpMethod.Delete, images + "a%252Fb")).Status);
        // As to a proxy.
        var absolute = new Uri(node.Gateway.Url, images);
        foreach (var (name, status) in new[] { ("a%252Fb", 404), ("a%252fb?x=%25", 404), ("a%2Fb", 200) })
        {
            Assert.Equal([status], RawHttp.StatusesIn(await RawHttp.ExchangeAsync(node.Gateway.Url, $"GET {absolute}{name} HTTP/1.1\r\nHost: {node.Gateway.Url.Authority}\r\nAuthorization: Bearer {GatewayProcess.Key}\r\nConnection: close\r\n\r\n")));
        }

        Assert.Contains("a/b", await node.Ctr.ImagesAsync(ns.Name));
    }

    private static async Task<(Node Node, ContainerdNamespace Namespace, string ManifestPath, byte[] Manifest)> OneAsync(Nodes nodes, int seed)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(Versions.Oldest);
        var ns = node.Containerd.NewNamespace("one");
        var image = TestImage.Small(seed);
        var reference = registry.Add("acme/app:1", image);
        await node.Api.PullAsync(ns.Name, new { reference });
        return (node, ns, Path(ns, reference, "manifest"), image.Manifests[image.Digest].Bytes);
    }

    private static string Path(ContainerdNamespace ns, string reference, string what) =>
        $"/v1/namespaces/{ns.Name}/images/{Uri.EscapeDataString(reference)}/{what}";

    private static async Task<HttpResponseMessage> SendAsync(Node node, HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(node.Gateway.Url, path));
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await node.Api.Http.SendAsync(request);
    }
}
