using System.Net;
using Gateway.ContainerdTests.Content;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Leases;

public sealed class LeasesTests(Nodes nodes)
{
    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Lease_lives_from_its_creation_to_its_deletion(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("lease");
        var path = PathOf(ns, "build-42");

        var created = await node.Api.PostAsync(PathOf(ns), new { id = "build-42", term = "2h", labels = new { owner = "ci" } });
        Assert.True(created.Status is HttpStatusCode.Created, created.Text);
        Assert.Equal(path, created.Headers.Location!.ToString());
        Assert.False((bool)created.Json["expired"]!);
        Assert.InRange((DateTimeOffset)created.Json["expiresAt"]! - DateTimeOffset.UtcNow, TimeSpan.FromMinutes(110), TimeSpan.FromHours(2));
        Assert.Contains("owner=ci", await ns.CtrAsync("leases", "ls"));
        Assert.Equal("conflict", (await node.Api.PostAsync(PathOf(ns), new { id = "build-42" })).Code);

        var read = await node.Api.GetAsync(path);
        Assert.Equal(created.Json.ToJsonString(), read.Json.ToJsonString());
        Assert.Equal(304, (int)(await node.Api.SendAsync(HttpMethod.Get, path, null, ("If-None-Match", read.Headers.ETag!.ToString()))).Status);
        Assert.Equal(412, (int)(await node.DeleteAsync(path, ("If-Match", "\"x\""))).Status);
        Assert.Equal(204, (int)(await node.DeleteAsync(path, ("If-Match", read.Headers.ETag!.ToString()))).Status);
        Assert.Empty(await node.Ctr.LeasesAsync(ns.Name));
        Assert.Equal(404, (int)(await node.Api.GetAsync(path)).Status);
        Assert.Equal(404, (int)(await node.DeleteAsync(path)).Status);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Synchronous_deletion_frees_the_bytes(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("sync");
        var lease = (string)(await node.Api.PostAsync(PathOf(ns), new { })).Json["id"]!;
        var bytes = Blobs.Random(1000, seed: 50);
        await node.PutAsync(ns.Name, Layer.Hash(bytes), bytes, $"?lease={lease}");
        await node.Ctr.CollectAsync(ns.Name);
        Assert.True(File.Exists(node.Containerd.BlobPath(Layer.Hash(bytes))));

        Assert.Equal(204, (int)(await node.DeleteAsync(PathOf(ns, lease) + "?sync=true")).Status);
        Assert.False(File.Exists(node.Containerd.BlobPath(Layer.Hash(bytes))));
        Assert.Empty(await ns.ViolationsAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Expired_lease_is_shown_as_such_until_it_is_collected(string version)
    {
        // A daemon of its own: any collection takes the lease, also the one that what the gateway tried at its start has left to come.
        await using var node = await Node.StartAsync(version);
        var ns = node.Containerd.NewNamespace("expired");
        await node.Ctr.CollectAsync(ns.Name);
        await RawLeases.CreateAsync(ns, "old", ("containerd.io/gc.expire", "2020-01-01T00:00:00.123456789+02:00"));
        await RawLeases.CreateAsync(ns, "odd", ("containerd.io/gc.expire", "tomorrow"));
        await RawLeases.CreateAsync(ns, "for ever");

        var leases = (await node.Api.GetAsync(PathOf(ns))).Json["items"]!.AsArray().ToDictionary(lease => (string)lease!["id"]!, lease => lease!);
        Assert.True((bool)leases["old"]["expired"]!);
        Assert.Equal(new DateTimeOffset(2019, 12, 31, 22, 0, 0, TimeSpan.Zero), ((DateTimeOffset)leases["old"]["expiresAt"]!).AddTicks(-1_234_567));
        Assert.All(new[] { "odd", "for ever" }, id => Assert.Equal((false, true), ((bool)leases[id]["expired"]!, leases[id]["expiresAt"] is null)));

        await node.Ctr.CollectAsync(ns.Name);
        Assert.Equal(["for ever", "odd"], (await node.Ctr.LeasesAsync(ns.Name)).Order(StringComparer.Ordinal));
        Assert.Equal(404, (int)(await node.Api.GetAsync(PathOf(ns, "old"))).Status);
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("a/b c")]
    [InlineData("line\nfeed \"quoted\" \\ and \u00e9 \u65e5")]
    [InlineData("zero\u0001")]
    public async Task Odd_ids_of_others_can_be_read_changed_and_deleted_on_every_version(string id)
    {
        foreach (var version in Versions.All)
        {
            var node = await nodes.NodeAsync(version);
            await using var ns = node.Containerd.NewNamespace("odd");
            await RawLeases.CreateAsync(ns, id, ("a", "b"));
            var path = PathOf(ns, Uri.EscapeDataString(id));
            Assert.Equal(id, (string?)(await node.Api.GetAsync(path)).Json["id"]);
            var changed = await node.PatchAsync(path, new { term = "1h" });
            Assert.True(changed.Status is HttpStatusCode.OK, changed.Text);
            Assert.Equal((id, "b"), ((string?)changed.Json["id"], (string?)changed.Json["labels"]!["a"]));
            Assert.Equal(204, (int)(await node.DeleteAsync(path)).Status);
            Assert.Empty(await node.Ctr.LeasesAsync(ns.Name));
        }
    }

    [Fact]
    public async Task List_filters_and_pages_by_id()
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        await using var ns = node.Containerd.NewNamespace("pages");
        foreach (var id in new[] { "c", "a", "b" })
        {
            await node.Api.PostAsync(PathOf(ns), new { id, labels = new { kind = id is "a" ? "x" : "y" } });
        }

        var first = await node.Api.GetAsync(PathOf(ns) + "?pageSize=2");
        Assert.Equal(["a", "b"], Ids(first));
        var link = first.Headers.GetValues("Link").Single();
        Assert.Equal(["c"], Ids(await node.Api.GetAsync(link[1..link.IndexOf('>')])));
        Assert.Equal(["b", "c"], Ids(await node.Api.GetAsync(PathOf(ns) + "?filter=labels.kind==y")));
        Assert.Equal(["a", "c"], Ids(await node.Api.GetAsync(PathOf(ns) + "?filter=id==a&filter=id==c")));
        Assert.Empty(Ids(await node.Api.GetAsync("/v1/namespaces/never-seen/leases")));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Lease_of_a_job_is_the_jobs(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("job");
        await RawLeases.CreateAsync(ns, "gw-job1", ("gateway/job", "job1"));
        var path = PathOf(ns, "gw-job1");
        Assert.Equal(200, (int)(await node.Api.GetAsync(path)).Status);
        Assert.Equal(200, (int)(await node.Api.GetAsync(path + "/resources")).Status);
        var resource = new { type = "content", id = Layer.Hash([]) };
        foreach (var answer in new[]
        {
            await node.DeleteAsync(path), await node.PatchAsync(path, new { term = "1h" }), await node.Api.PostAsync(path + "/resources", resource),
            await node.DeleteAsync($"{path}/resources?type=content&id={resource.id}"), await node.PutAsync(ns.Name, Layer.Hash([]), [], "?lease=gw-job1"),
        })
        {
            Assert.Equal((HttpStatusCode.Conflict, "lease_in_use"), (answer.Status, answer.Code));
            Assert.Contains("job1", (string?)answer.Json["detail"]);
        }

        Assert.Equal(["gw-job1"], await node.Ctr.LeasesAsync(ns.Name));
    }

    [Theory]
    [InlineData("""{"id": ""}""", "id")]
    [InlineData("""{"id": "a/b"}""", "id")]
    [InlineData("""{"id": "a b"}""", "id")]
    [InlineData("""{"id": "a\n"}""", "id")]
    [InlineData("""{"id": "\u00e9"}""", "id")]
    [InlineData("""{"id": "gw-mine"}""", "id")]
    [InlineData("""{"id": 1}""", "id")]
    [InlineData("""{"term": "59s"}""", "term")]
    [InlineData("""{"term": "721h"}""", "term")]
    [InlineData("""{"term": ""}""", "term")]
    [InlineData("""{"term": 3600}""", "term")]
    [InlineData("""{"labels": {"": "x"}}""", "labels")]
    [InlineData("""{"labels": ["x"]}""", "labels")]
    [InlineData("""{"expiresAt": "2030-01-01T00:00:00Z"}""", "expiresAt")]
    [InlineData("""{"resources": []}""", "resources")]
    public async Task Bad_lease_is_refused_and_the_field_named(string body, string field)
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        var answer = await node.Api.SendAsync(HttpMethod.Post, "/v1/namespaces/bad-lease/leases", new StringContent(body, System.Text.Encoding.UTF8, "application/json"));
        Assert.True(answer.Code is "invalid_request", answer.Text);
        Assert.True(answer.Json["errors"]!.AsObject().ContainsKey(field), answer.Text);
        Assert.Empty(await node.Ctr.LeasesAsync("bad-lease"));
    }

    [Fact]
    public async Task Id_and_labels_have_their_bounds()
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        await using var ns = node.Containerd.NewNamespace("bounds");
        Assert.Equal(201, (int)(await node.Api.PostAsync(PathOf(ns), new { id = new string('a', 128) })).Status);
        Assert.Equal(400, (int)(await node.Api.PostAsync(PathOf(ns), new { id = new string('a', 129) })).Status);
        Assert.Equal(201, (int)(await node.Api.PostAsync(PathOf(ns), new { labels = new { a = new string('x', 4095) } })).Status);
        Assert.Equal(400, (int)(await node.Api.PostAsync(PathOf(ns), new { labels = new { a = new string('x', 4096) } })).Status);
        Assert.Equal(400, (int)(await node.Api.PostAsync(PathOf(ns), new { labels = Enumerable.Range(0, 65).ToDictionary(i => $"l{i}", _ => "x") })).Status);
        var own = new { labels = new Dictionary<string, string> { ["gateway/job"] = "x" } };
        Assert.Equal("reserved_label", (await node.Api.PostAsync(PathOf(ns), own)).Code);
        Assert.Equal("reserved_label", (await node.PatchAsync(PathOf(ns, new string('a', 128)), own)).Code);
    }

    internal static string PathOf(ContainerdNamespace ns) => $"/v1/namespaces/{ns.Name}/leases";

    internal static string PathOf(ContainerdNamespace ns, string lease) => $"{PathOf(ns)}/{lease}";

    private static IEnumerable<string> Ids(Answer answer) => answer.Json["items"]!.AsArray().Select(item => (string)item!["id"]!);
}
