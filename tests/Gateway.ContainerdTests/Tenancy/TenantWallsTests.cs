using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Gateway.TestKit;
using Google.Protobuf;

namespace Gateway.ContainerdTests.Tenancy;

/// <summary>Two tenants on one isolated daemon. One knows everything the other's content is called by, and gets nothing for it.</summary>
public sealed class TenantWallsTests
{
    private static readonly string[] Everything =
        ["images:read", "images:pull", "images:push", "images:write", "images:delete", "content:read", "content:write", "leases:read", "leases:write", "jobs:read", "jobs:cancel", "snapshots:read"];

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Who_knows_the_digests_of_another_gets_nothing_by_any_route(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        await using var node = await StartAsync(version);
        using var victim = node.Gateway.As("victim");
        using var thief = node.Gateway.As("thief");
        var image = TestImage.Of(Layer.Random(200_000, 90));
        var reference = registry.Add("acme/secret:1", image);
        var pulled = await victim.PullAsync("victim", new { reference });
        Assert.True((string?)pulled["state"] is "succeeded", pulled.ToJsonString());
        var before = await SeenAsync(node, "victim");

        // Its own namespace with the other's names, and the other's namespace itself.
        foreach (var digest in image.Blobs.Keys.Concat(image.Manifests.Keys))
        {
            await AssertAsync(HttpStatusCode.NotFound, thief, HttpMethod.Get, $"/v1/namespaces/thief/content/{digest}");
            await AssertAsync(HttpStatusCode.NotFound, thief, HttpMethod.Get, $"/v1/namespaces/thief/content/{digest}/references");
            await AssertAsync(HttpStatusCode.NotFound, thief, HttpMethod.Patch, $"/v1/namespaces/thief/content/{digest}", new { labels = new { mine = "1" } });
            await AssertAsync(HttpStatusCode.NotFound, thief, HttpMethod.Delete, $"/v1/namespaces/thief/content/{digest}");
            await AssertAsync(HttpStatusCode.Forbidden, thief, HttpMethod.Get, $"/v1/namespaces/victim/content/{digest}");
        }

        var layer = image.Layers[0].Digest;
        await AssertAsync(HttpStatusCode.Created, thief, HttpMethod.Post, "/v1/namespaces/thief/leases", new { id = "mine" });
        await AssertAsync(HttpStatusCode.NotFound, thief, HttpMethod.Post, "/v1/namespaces/thief/leases/mine/resources", new { type = "content", id = layer });
        await AssertAsync(HttpStatusCode.UnprocessableEntity, thief, HttpMethod.Post, "/v1/namespaces/thief/images/compose", new { reference = "mine:1", layers = new[] { new { digest = layer } } });
        await AssertAsync(HttpStatusCode.NotFound, thief, HttpMethod.Post, "/v1/namespaces/thief/images/tag", new { source = reference, target = "mine:1" });
        await AssertAsync(HttpStatusCode.NotFound, thief, HttpMethod.Get, $"/v1/namespaces/thief/images/export?reference={Uri.EscapeDataString(reference)}");
        await AssertAsync(HttpStatusCode.NotFound, thief, HttpMethod.Post, "/v1/namespaces/thief/images/push", new { reference, target = $"{registry.Host}/thief/app:1" });
        Assert.Equal(before, await SeenAsync(node, "victim"));
        Assert.Empty(await node.Ctr.BlobsAsync("thief"));
    }

    [Fact]
    public async Task Document_in_memory_is_not_answered_where_the_namespace_does_not_hold_it()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        await using var node = await StartAsync(Versions.Oldest);
        using var victim = node.Gateway.As("victim");
        using var thief = node.Gateway.As("thief");
        var image = TestImage.Small(91);
        var reference = registry.Add("acme/secret:1", image);
        await victim.PullAsync("victim", new { reference });
        var path = $"images/{Uri.EscapeDataString(reference)}";
        foreach (var read in new[] { path, $"{path}/manifest", $"{path}/config", "images?view=full" })
        {
            Assert.Equal(HttpStatusCode.OK, (await victim.GetAsync($"/v1/namespaces/victim/{read}")).Status);
        }

        // A record that names what its namespace does not hold; the daemon takes it.
        await CreateRecordAsync(node, "thief", reference, image);
        Assert.Equal("content_missing", (await thief.GetAsync($"/v1/namespaces/thief/{path}/manifest")).Code);
        Assert.Equal("content_missing", (await thief.GetAsync($"/v1/namespaces/thief/{path}/config")).Code);
        var inspected = await thief.GetAsync($"/v1/namespaces/thief/{path}");
        Assert.Equal(HttpStatusCode.OK, inspected.Status);
        Assert.DoesNotContain(image.ConfigDigest, inspected.Text);
        Assert.DoesNotContain(image.ConfigDigest, (await thief.GetAsync("/v1/namespaces/thief/images?view=full")).Text);
        Assert.Equal("content_missing", (await thief.GetAsync($"/v1/namespaces/thief/images/export?reference={Uri.EscapeDataString(reference)}")).Code);
    }

    [Fact]
    public async Task Running_pull_is_joined_only_by_its_own_caller_for_the_same_namespace_and_credentials()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        await using var node = await StartAsync(Versions.Oldest);
        var image = TestImage.Small(92);
        var open = new TaskCompletionSource();
        registry.Script = async http =>
        {
            await open.Task.WaitAsync(http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return false;
        };
        var reference = registry.Add("acme/app:1", image);
        using var victim = node.Gateway.As("victim");
        var auth = new { username = "user", password = Canary.New() };
        var ids = new List<string>
        {
            await IdAsync(victim, "victim", new { reference, auth }),
            await IdAsync(victim, "victim", new { reference, auth = new { username = "user", password = Canary.New() } }),
            await IdAsync(victim, "victim", new { reference }),
            await IdAsync(node.Api, "victim", new { reference, auth }),
            await IdAsync(node.Api, "thief", new { reference, auth }),
        };
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.Equal(ids[0], await IdAsync(victim, "victim", new { reference, auth }));
        open.SetResult();
        foreach (var id in ids)
        {
            Assert.Equal("succeeded", (string?)(await node.Api.EndOfAsync(id))["state"]);
        }
    }

    [Fact]
    public async Task Job_of_another_tenant_looks_as_one_that_is_not_there()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        await using var node = await StartAsync(Versions.Oldest);
        using var victim = node.Gateway.As("victim");
        using var thief = node.Gateway.As("thief");
        var foreign = (string)(await victim.PullAsync("victim", new { reference = registry.Add("acme/app:1", TestImage.Small(93)) }))["id"]!;
        var absent = foreign[..^4] + (foreign.EndsWith("0000", StringComparison.Ordinal) ? "1111" : "0000");
        foreach (var (method, rest) in new[] { ("GET", ""), ("GET", "?wait=1s"), ("GET", "/events"), ("POST", "/cancel"), ("DELETE", "") })
        {
            var (one, other) = (await BareAsync(thief, method, foreign, rest), await BareAsync(thief, method, absent, rest));
            Assert.Equal(HttpStatusCode.NotFound, one.Status);
            Assert.Equal((other.Status, other.Body, other.Headers), (one.Status, one.Body, one.Headers));
        }

        Assert.Empty((await thief.GetAsync("/v1/jobs")).Json["items"]!.AsArray());
        Assert.Empty((await thief.GetAsync("/v1/jobs?namespace=victim")).Json["items"]!.AsArray());
    }

    private static Task<Node> StartAsync(string version) => Node.StartAsync(
        version,
        new Dictionary<string, string?>(Tenants.Settings(Everything, "victim", "thief")) { ["Tenancy__Mode"] = "multi", ["Egress__Allow__0"] = "127.0.0.0/8" }, // the registries of the tests
        moreConfig: Tenants.Isolated);

    private static async Task AssertAsync(HttpStatusCode expected, GatewayApi api, HttpMethod method, string path, object? body = null)
    {
        using var content = body is null ? null : JsonContent.Create(body);
        var answer = await api.SendAsync(method, path, content);
        Assert.True(answer.Status == expected, $"{method} {path}: {answer.Status} {answer.Text}");
    }

    private static async Task<string> SeenAsync(Node node, string ns) =>
        string.Join('\n', [await node.Ctr.RunAsync(ns, "images", "ls"), await node.Ctr.RunAsync(ns, "content", "ls", "-q"), await node.Ctr.RunAsync(ns, "leases", "ls", "-q"), await node.Ctr.RunAsync(ns, "snapshots", "ls")]);

    private static async Task<string> IdAsync(GatewayApi api, string ns, object request) => (string)(await api.StartPullAsync(ns, request))["id"]!;

    private static async Task<(HttpStatusCode Status, string Body, string Headers)> BareAsync(GatewayApi api, string method, string id, string rest)
    {
        var answer = await api.SendAsync(new HttpMethod(method), $"/v1/jobs/{id}{rest}");
        var body = JsonNode.Parse(answer.Text)!.AsObject();
        body.Remove("instance");
        body.Remove("traceId");
        return (answer.Status, body.ToJsonString(), string.Join(',', answer.Headers.Select(header => header.Key).Order()));
    }

    /// <summary>Images.Create: image = 1, which is name = 1, target = 3, which is media type = 1, digest = 2, size = 3.</summary>
    private static Task<byte[]> CreateRecordAsync(Node node, string ns, string name, TestImage image) =>
        RawGrpc.CallAsync(node.Containerd.Address, ns, "containerd.services.images.v1.Images/Create", message => Nest(message, 1, record =>
        {
            record.WriteTag(1, WireFormat.WireType.LengthDelimited);
            record.WriteString(name);
            Nest(record, 3, target =>
            {
                target.WriteTag(1, WireFormat.WireType.LengthDelimited);
                target.WriteString(image.MediaType);
                target.WriteTag(2, WireFormat.WireType.LengthDelimited);
                target.WriteString(image.Digest);
                target.WriteTag(3, WireFormat.WireType.Varint);
                target.WriteInt64(image.Manifests[image.Digest].Bytes.Length);
            });
        }));

    private static void Nest(CodedOutputStream outer, int field, Action<CodedOutputStream> write)
    {
        using var bytes = new MemoryStream();
        using (var inner = new CodedOutputStream(bytes, leaveOpen: true))
        {
            write(inner);
        }

        outer.WriteTag(field, WireFormat.WireType.LengthDelimited);
        outer.WriteBytes(ByteString.CopyFrom(bytes.ToArray()));
    }
}
