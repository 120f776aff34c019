using Gateway.TestKit;

namespace Gateway.ContainerdTests.Custom;

/// <summary>Images of a base and layers that stand in the content store; containerd's own tools and a registry say what they are.</summary>
public sealed class ComposeTests(Nodes nodes)
{
    private const string Time = "2026-01-31T12:00:00Z";
    private static readonly Layer Added = Layer.Of(Compression.Gzip, ("etc/", "dir:"), ("etc/added", "added"), ("etc/.wh.seed", ""));

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Composed_image_is_complete_runs_pushes_and_is_shown_as_it_was_asked_for(string version)
    {
        var node = await nodes.NodeAsync(version);
        var ns = nodes.NewName("compose");
        var from = CustomCalls.Base();
        var @base = await nodes.BringAsync(node, ns, from);
        await nodes.BringAsync(node, ns, TestImage.Of(Added), unpack: false);
        var registry = await nodes.RegistryAsync();
        var name = $"{registry.Host}/{nodes.NewName("composed")}:1";

        var result = await node.Api.MakeAsync("compose", ns, new
        {
            @base,
            reference = name,
            layers = new[] { new { digest = Added.Digest } },
            config = new { cmd = new[] { "/bin/sh", "-c", "cat /etc/added /etc/stays; ls /etc; echo $MODE $PATH" }, env = new[] { "MODE=quiet" }, labels = new { tier = "web" }, exposedPorts = new[] { "80/tcp" } },
            author = "a tester",
            message = "one layer on top",
            timestamp = Time,
        });

        Assert.Equal(name, (string?)result["image"]!["name"]);
        Assert.Equal((string?)result["image"]!["target"]!["digest"], (string?)result["digest"]);
        Assert.Equal(Added.Digest, (string?)result["layers"]!.AsArray().Single()!["digest"]);
        Assert.True((bool)result["changed"]!);
        Assert.Matches(Ctr.Complete, await node.Ctr.CheckAsync(ns, name));
        Assert.Equal("addedstaysadded\nstays\nquiet /bin\n", await node.Ctr.RunAsync(ns, "run", "--rm", name, "c1"));

        var platform = await node.Api.PlatformAsync(ns, name);
        Assert.Equal("linux/amd64", (string?)platform["platform"]);
        Assert.Equal([.. from.Layers.Select(layer => layer.Digest), Added.Digest], platform["layers"]!.AsArray().Select(layer => (string?)layer!["digest"]));
        Assert.True((bool)platform["unpacked"]!["overlayfs"]!);
        Assert.Equal("""{"made.by":"test","tier":"web"}""", platform["config"]!["labels"]!.ToJsonString());
        Assert.Equal("""["PATH=/bin","MODE=quiet"]""", platform["config"]!["env"]!.ToJsonString());
        Assert.Equal("""["80/tcp"]""", platform["config"]!["exposedPorts"]!.ToJsonString());
        var step = platform["history"]!.AsArray()[^1]!;
        Assert.Equal(("a tester", "one layer on top"), ((string?)step["author"], (string?)step["comment"]));

        await node.Ctr.RunAsync(ns, "images", "push", "--plain-http", name);
        Assert.Equal((string?)result["digest"], await TagOfAsync(registry, name.Split('/')[1].Split(':')[0]));
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns));
        Assert.Matches(Ctr.Complete, await node.Ctr.CheckAsync(ns, name));
    }

    [Fact]
    public async Task Same_request_with_the_same_time_gives_the_same_digest_again_and_on_every_version()
    {
        var digests = new List<string?>();
        foreach (var version in Versions.All)
        {
            var node = await nodes.NodeAsync(version);
            var ns = nodes.NewName("reproducible");
            var @base = await nodes.BringAsync(node, ns, CustomCalls.Base());
            await nodes.BringAsync(node, ns, TestImage.Of(Added), unpack: false);
            foreach (var reference in new[] { "docker.io/acme/one:1", "docker.io/acme/two:1" })
            {
                var request = new { @base, reference, layers = new[] { new { digest = Added.Digest } }, config = new { env = new[] { "A=1" }, user = "7" }, timestamp = Time };
                digests.Add((string?)(await node.Api.MakeAsync("compose", ns, request))["digest"]);
            }

            var later = await node.Api.MakeAsync("compose", ns, new { @base, reference = "docker.io/acme/one:1", layers = new[] { new { digest = Added.Digest } } });
            Assert.NotEqual(digests[^1], (string?)later["digest"]);
            Assert.Equal(digests[^1], (string?)later["previousDigest"]);
            Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns));
        }

        Assert.Single(digests.Distinct());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Image_of_nothing_but_layers_takes_every_compression_and_repeated_layers(string version)
    {
        var node = await nodes.NodeAsync(version);
        var ns = nodes.NewName("scratch");
        var (plain, zstd) = (Layer.Of(Compression.None, ("a", "a")), Layer.Of(Compression.Zstd, ("b", "b")));
        var made = TestImage.Of(plain, Added, zstd, plain);
        await nodes.BringAsync(node, ns, made, unpack: false);
        const string Name = "docker.io/acme/scratch:latest";
        // The label that tells a diff id can be set by anybody who has the socket: it is not believed.
        await node.Ctr.RunAsync(ns, "content", "label", Added.Digest, $"containerd.io/uncompressed={plain.DiffId}");

        await node.Api.MakeAsync("compose", ns, new { reference = "acme/scratch", layers = made.Layers.Select(layer => new { digest = layer.Digest, mediaType = layer.MediaType(docker: false) }) });

        Assert.Matches(Ctr.Complete, await node.Ctr.CheckAsync(ns, Name));
        Assert.Equal(made.ChainIds.Order(), (await node.Ctr.SnapshotsAsync(ns)).Select(snapshot => snapshot.Key).Order());
        var platform = await node.Api.PlatformAsync(ns, Name);
        Assert.Equal(made.Layers.Select(layer => layer.MediaType(docker: false)), platform["layers"]!.AsArray().Select(layer => (string?)layer!["mediaType"]));
        Assert.Equal(made.Layers.Select(layer => layer.DiffId), platform["layers"]!.AsArray().Select(layer => (string?)layer!["diffId"]));
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Docker_base_keeps_its_types_and_one_entry_of_an_index_is_enough(string version)
    {
        var node = await nodes.NodeAsync(version);
        var ns = nodes.NewName("docker");
        var (here, other) = (CustomCalls.Base(docker: true), TestImage.Of([CustomCalls.Seed], docker: true, "linux/s390x"));
        var @base = await nodes.BringAsync(node, ns, TestImage.Index(docker: true, ("linux/s390x", other), ("linux/amd64", here)));
        await nodes.BringAsync(node, ns, TestImage.Of(Added), unpack: false);
        const string Name = "docker.io/acme/docker:1";

        await node.Api.MakeAsync("compose", ns, new { @base, reference = Name, layers = new[] { new { digest = Added.Digest } } });

        var platform = await node.Api.PlatformAsync(ns, Name);
        Assert.Equal("application/vnd.docker.distribution.manifest.v2+json", (string?)platform["manifest"]!["mediaType"]);
        Assert.Equal("application/vnd.docker.container.image.v1+json", (string?)platform["configDescriptor"]!["mediaType"]);
        Assert.All(platform["layers"]!.AsArray(), layer => Assert.Equal("application/vnd.docker.image.rootfs.diff.tar.gzip", (string?)layer!["mediaType"]));
        Assert.Matches(Ctr.Complete, await node.Ctr.CheckAsync(ns, Name));

        var absent = await node.Api.PostAsync($"/v1/namespaces/{ns}/images/compose", new { @base, reference = "x", layers = Array.Empty<object>(), platform = "linux/s390x" });
        Assert.Equal((409, "content_missing"), ((int)absent.Status, absent.Code));
        var unknown = await node.Api.PostAsync($"/v1/namespaces/{ns}/images/compose", new { @base, reference = "x", layers = Array.Empty<object>(), platform = "linux/ppc64le" });
        Assert.Equal((422, "platform_not_found"), ((int)unknown.Status, unknown.Code));
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Config_alone_can_change_and_nothing_need_be_unpacked(string version)
    {
        var node = await nodes.NodeAsync(version);
        var ns = nodes.NewName("config");
        var from = CustomCalls.Base();
        var @base = await nodes.BringAsync(node, ns, from, unpack: false);
        const string Name = "docker.io/acme/config:1";

        var result = await node.Api.MakeAsync("compose", ns, new { @base, reference = Name, layers = Array.Empty<object>(), config = new { entrypoint = new[] { "/bin/sh" } }, unpack = false });

        Assert.Empty(result["layers"]!.AsArray());
        Assert.Empty(await node.Ctr.SnapshotsAsync(ns));
        var platform = await node.Api.PlatformAsync(ns, Name);
        Assert.Equal(from.Layers.Count, platform["layers"]!.AsArray().Count);
        Assert.Empty(platform["config"]!["cmd"]!.AsArray());
        Assert.True((bool)platform["history"]!.AsArray()[^1]!["emptyLayer"]!);
        Assert.True((bool)platform["available"]!);
        await node.Ctr.RunAsync(ns, "images", "rm", @base);
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns));
        Assert.Matches(Ctr.Complete, await node.Ctr.CheckAsync(ns, Name));
    }

    [Fact]
    public async Task Image_for_another_system_is_made_and_not_unpacked()
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        var ns = nodes.NewName("windows");
        await nodes.BringAsync(node, ns, TestImage.Of(Added), unpack: false);
        await node.Api.MakeAsync("compose", ns, new { reference = "acme/windows:1", layers = new[] { new { digest = Added.Digest } }, platform = "windows/amd64" });
        Assert.Equal("windows/amd64", (string?)(await node.Api.PlatformAsync(ns, "docker.io/acme/windows:1"))["platform"]);
        Assert.Empty(await node.Ctr.SnapshotsAsync(ns));
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns));
    }

    // The digest of what the registry serves under the tag.
    private static async Task<string> TagOfAsync(DockerRegistry registry, string repository)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"v2/{repository}/manifests/1");
        request.Headers.Accept.ParseAdd("application/vnd.oci.image.manifest.v1+json");
        using var answer = await registry.Client.SendAsync(request);
        return Layer.Hash(await answer.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync());
    }
}
