using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.TestKit;
using Microsoft.AspNetCore.Http;

namespace Gateway.ContainerdTests.Lifecycle;

public sealed class ResolveTests(Nodes nodes)
{
    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Resolve_tells_what_the_pull_then_fetches_and_stores_nothing(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("resolve");
        var shared = Layer.Random(50_000, 350);
        var amd = TestImage.Of(shared, Layer.Of(Compression.Gzip, ("own", "amd")), shared);
        var arm = TestImage.Of([shared], docker: false, "linux/arm64");
        var index = TestImage.Index(docker: false, ("linux/amd64", amd), ("linux/arm64", arm));
        var reference = registry.Add("acme/app:1", index);

        var before = await ResolveAsync(node, ns, new { reference });

        var all = Sizes(amd).Concat([(index.Digest, (long)index.Manifests[index.Digest].Bytes.Length)]).DistinctBy(blob => blob.Item1).Sum(blob => blob.Item2);
        Assert.Equal(reference, (string?)before["reference"]);
        Assert.Equal(index.Digest, (string?)before["digest"]);
        Assert.Equal("application/vnd.oci.image.index.v1+json", (string?)before["mediaType"]);
        Assert.Equal((all, 0, all), Bytes(before));
        Assert.True((bool)before["changed"]!);
        Assert.Null(before["currentDigest"]);
        var (selected, other) = (before["platforms"]![0]!, before["platforms"]![1]!);
        Assert.Equal(("linux/amd64", amd.Digest, amd.ConfigDigest), ((string?)selected["platform"], (string?)selected["digest"], (string?)selected["configDigest"]));
        Assert.Equal(3, (int)selected["layers"]!);
        Assert.Equal(Sizes(amd).Sum(blob => blob.Item2), (long)selected["bytes"]!);
        Assert.Equal(("linux/arm64", arm.Digest, false, null), ((string?)other["platform"], (string?)other["digest"], (bool)other["selected"]!, (string?)other["configDigest"]));
        Assert.All(index.Blobs.Keys.Except([amd.ConfigDigest]), blob => Assert.Equal(0, registry.Count(blob)));
        Assert.DoesNotContain(ns.Name, await node.Ctr.NamespacesAsync());

        await node.Api.PullAsync(ns.Name, new { reference });
        var after = await ResolveAsync(node, ns, new { reference });
        Assert.Equal((all, all, 0), Bytes(after));
        Assert.False((bool)after["changed"]!);
        Assert.Equal(index.Digest, (string?)after["currentDigest"]);

        var wider = await ResolveAsync(node, ns, new { reference, allPlatforms = true });
        Assert.Equal(Sizes(arm).Where(blob => blob.Digest != shared.Digest).Sum(blob => blob.Size), (long)wider["bytesToFetch"]!);
        Assert.All(wider["platforms"]!.AsArray(), platform => Assert.True((bool)platform!["selected"]!));
        Assert.Empty(await ns.ViolationsAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Tag_that_moved_is_told_against_the_stored_image(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("moved");
        var shared = Layer.Random(10_000, 351);
        var (one, two) = (TestImage.Of(shared), TestImage.Of(shared, Layer.Of(Compression.Gzip, ("b", "b"))));
        var reference = registry.Add("acme/app:1", one);
        await node.Api.PullAsync(ns.Name, new { reference });
        registry.Add("acme/app:1", two);

        var resolved = await ResolveAsync(node, ns, new { reference });

        Assert.True((bool)resolved["changed"]!);
        Assert.Equal((two.Digest, one.Digest), ((string?)resolved["digest"], (string?)resolved["currentDigest"]));
        Assert.Equal(shared.Bytes.Length, (long)resolved["bytesHere"]!);
        Assert.Equal(one.Digest, await node.Ctr.TargetOfAsync(ns.Name, reference));
    }

    [Fact]
    public async Task Credentials_of_the_body_reach_the_registry_and_nothing_else()
    {
        var password = Canary.New();
        await using var registry = await DockerRegistry.StartWithBasicAsync("user", password);
        var node = await nodes.NodeAsync(Versions.Oldest);
        await using var ns = node.Containerd.NewNamespace("private");
        var image = TestImage.Small(352);
        var reference = await registry.PushAsync("acme/app:1", image, new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"user:{password}"))));

        var refused = await node.Api.PostAsync(Path(ns), new { reference });
        Assert.Equal((HttpStatusCode.BadGateway, "registry_unauthorized"), (refused.Status, refused.Code));
        var resolved = await ResolveAsync(node, ns, new { reference, auth = new { username = "user", password } });
        Assert.Equal(image.Digest, (string?)resolved["digest"]);
    }

    [Fact]
    public async Task Each_fault_of_a_registry_has_its_problem()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(Versions.Oldest);
        await using var ns = node.Containerd.NewNamespace("faults");
        var huge = """{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"D","size":9223372036854775807},"layers":[{"mediaType":"x/y","digest":"E","size":9223372036854775807}]}"""
            .Replace("\"D\"", $"\"sha256:{new string('d', 64)}\"", StringComparison.Ordinal).Replace("\"E\"", $"\"sha256:{new string('e', 64)}\"", StringComparison.Ordinal);
        foreach (var (reference, platforms, status, code) in new[]
        {
            ($"{registry.Host}/acme/nobody:1", null, 404, "image_not_found"),
            (registry.Add("acme/one:1", TestImage.Small(353)), ["linux/s390x"], 422, "platform_not_found"),
            (registry.Add("acme/odd:1", TestImage.Raw("application/vnd.oci.image.manifest.v1+json", "{}")), null, 502, "manifest_invalid"),
            (registry.Add("acme/huge:1", TestImage.Raw("application/vnd.oci.image.manifest.v1+json", huge)), null, 502, "manifest_invalid"),
            ($"127.0.0.1:{DockerRegistry.FreePort()}/acme/app:1", (string[]?)null, 502, "registry_unavailable"),
        })
        {
            var answer = await node.Api.PostAsync(Path(ns), new { reference, platforms });
            Assert.True((status, code) == ((int)answer.Status, answer.Code), answer.Text);
        }

        Assert.Equal("snapshotter_not_found", (await node.Api.PostAsync(Path(ns), new { reference = "alpine", snapshotter = "nobody" })).Code);
        Assert.Equal("reserved_label", (await node.Api.PostAsync(Path(ns), new { reference = "alpine", labels = new Dictionary<string, string> { ["containerd.io/x"] = "" } })).Code);
        Assert.DoesNotContain(ns.Name, await node.Ctr.NamespacesAsync());
    }

    [Fact]
    public async Task Registry_that_never_answers_is_given_up_and_a_client_that_leaves_ends_the_asking()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(Versions.Oldest);
        await using var ns = node.Containerd.NewNamespace("silent");
        var reference = registry.Add("acme/app:1", TestImage.Small(354));
        var left = new TaskCompletionSource();
        registry.Script = async http =>
        {
            await Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => left.TrySetResult(), TaskScheduler.Default);
            return true;
        };

        var answer = await node.Api.PostAsync(Path(ns), new { reference, timeout = "2s" });
        Assert.Equal((HttpStatusCode.GatewayTimeout, "registry_timeout"), (answer.Status, answer.Code));

        left = new TaskCompletionSource();
        using var leave = new CancellationTokenSource();
        var asked = registry.Seen.Count;
        var pending = node.Api.Http.PostAsync(Path(ns), System.Net.Http.Json.JsonContent.Create(new { reference }), leave.Token);
        await Wait.UntilAsync(() => registry.Seen.Count > asked, "the registry is asked");
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);
        await left.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.DoesNotContain(ns.Name, await node.Ctr.NamespacesAsync());
    }

    private static string Path(ContainerdNamespace ns) => $"/v1/namespaces/{ns.Name}/images/resolve";

    private static async Task<JsonObject> ResolveAsync(Node node, ContainerdNamespace ns, object request)
    {
        var answer = await node.Api.PostAsync(Path(ns), request);
        Assert.True(answer.Status is HttpStatusCode.OK, answer.Text);
        return answer.Json;
    }

    private static (long Total, long Here, long ToFetch) Bytes(JsonObject resolved) =>
        ((long)resolved["bytesTotal"]!, (long)resolved["bytesHere"]!, (long)resolved["bytesToFetch"]!);

    private static IEnumerable<(string Digest, long Size)> Sizes(TestImage image) =>
        image.Blobs.Select(blob => (blob.Key, (long)blob.Value.Length)).Append((image.Digest, image.Manifests[image.Digest].Bytes.Length));
}
