using System.Net;
using Gateway.ContainerdTests.Content;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Leases;

/// <summary>Prolonging: the lease is made anew, and loses nothing.</summary>
public sealed class LeaseRenewalTests(Nodes nodes)
{
    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task New_term_and_labels_keep_all_that_the_lease_holds(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("renew");
        var path = LeasesTests.PathOf(ns, "mine");
        await node.Api.PostAsync(LeasesTests.PathOf(ns), new { id = "mine", term = "1m", labels = new { keep = "1", drop = "2" } });
        var bytes = Blobs.Random(1000, seed: 60);
        await node.PutAsync(ns.Name, Layer.Hash(bytes), bytes, "?lease=mine");
        await node.PutAsync(ns.Name, Layer.Hash([1, 2]), [1], "?lease=mine", "bytes 0-0/2");
        await ns.CtrAsync("snapshots", "prepare", "work");
        await RawLeases.AddAsync(ns, "mine", "snapshots/overlayfs", "work");
        var held = await RawLeases.OfAsync(ns, "mine");
        Assert.Equal(3, held.Length);

        var etag = (await node.Api.GetAsync(path)).Headers.ETag!.ToString();
        Assert.Equal("precondition_failed", (await node.PatchAsync(path, new { term = "2h" }, ("If-Match", "\"x\""))).Code);
        var renewed = await node.PatchAsync(path, new { term = "2h", labels = new Dictionary<string, string?> { ["drop"] = null, ["add"] = "3" } }, ("If-Match", etag));
        Assert.True(renewed.Status is HttpStatusCode.OK, renewed.Text);
        Assert.InRange((DateTimeOffset)renewed.Json["expiresAt"]! - DateTimeOffset.UtcNow, TimeSpan.FromMinutes(110), TimeSpan.FromHours(2));
        Assert.Equal(["add", "containerd.io/gc.expire", "keep"], renewed.Json["labels"]!.AsObject().Select(label => label.Key));

        Assert.Equal(["mine"], await node.Ctr.LeasesAsync(ns.Name));
        Assert.Equal(held, await RawLeases.OfAsync(ns, "mine"));
        await node.Ctr.CollectAsync(ns.Name);
        Assert.Equal([Layer.Hash(bytes)], await node.Ctr.BlobsAsync(ns.Name));
        Assert.Single(await node.Ctr.IngestRefsAsync(ns.Name));
        Assert.Single(await node.Ctr.SnapshotsAsync(ns.Name));

        var same = await node.PatchAsync(path, new { labels = new { keep = "1" } });
        Assert.Equal((string?)renewed.Json["createdAt"], (string?)same.Json["createdAt"]);
        Assert.Equal(404, (int)(await node.PatchAsync(LeasesTests.PathOf(ns, "none"), new { term = "1h" })).Status);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Collections_during_many_renewals_take_nothing_and_uploads_under_the_lease_go_on(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("race");
        var path = LeasesTests.PathOf(ns, "mine");
        await node.Api.PostAsync(LeasesTests.PathOf(ns), new { id = "mine" });
        var digests = new List<string>();
        using var stop = new CancellationTokenSource();
        var collecting = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await node.Ctr.CollectAsync(ns.Name);
            }
        });
        var renewing = Task.WhenAll(Enumerable.Range(0, 2).Select(worker => Task.Run(async () =>
        {
            for (var i = 0; i < 15; i++)
            {
                var answer = await node.PatchAsync(path, new { term = $"{i + 1}h", labels = new Dictionary<string, string> { [$"w{worker}"] = $"{i}" } });
                Assert.True(answer.Status is HttpStatusCode.OK, answer.Text);
            }
        })));
        for (var i = 0; i < 15 || !renewing.IsCompleted; i++)
        {
            var bytes = Blobs.Random(2000, seed: 1000 + i);
            var digest = Layer.Hash(bytes);
            Assert.Equal(HttpStatusCode.Accepted, (await node.PutAsync(ns.Name, digest, bytes[..1000], "?lease=mine", "bytes 0-999/2000")).Status);
            Assert.Equal(HttpStatusCode.Created, (await node.PutAsync(ns.Name, digest, bytes[1000..], "?lease=mine", "bytes 1000-1999/2000")).Status);
            digests.Add(digest);
        }

        await renewing;
        await stop.CancelAsync();
        await collecting;
        var last = (await node.Api.GetAsync(path)).Json;
        Assert.Equal(("14", "14"), ((string?)last["labels"]!["w0"], (string?)last["labels"]!["w1"]));
        Assert.Equal(["mine"], await node.Ctr.LeasesAsync(ns.Name));
        Assert.Equal(digests.Order(StringComparer.Ordinal), await node.Ctr.BlobsAsync(ns.Name));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Resources_are_added_listed_and_taken_away(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("resources");
        var path = LeasesTests.PathOf(ns, "mine") + "/resources";
        await node.Api.PostAsync(LeasesTests.PathOf(ns), new { id = "mine" });
        var digest = await ns.PlantAsync([1, 2, 3]);
        await RawGrpc.LeaveIngestAsync(node.Containerd.Address, ns.Name, "half", new byte[3]);
        await ns.CtrAsync("snapshots", "prepare", "a key/with odd");

        foreach (var resource in new[] { new { type = "content", id = digest, snapshotter = (string?)null }, new { type = "ingest", id = "half", snapshotter = (string?)null }, new { type = "snapshot", id = "a key/with odd", snapshotter = (string?)"overlayfs" } })
        {
            var added = await node.Api.PostAsync(path, resource);
            Assert.True(added.Status is HttpStatusCode.Created, added.Text);
            Assert.Equal(201, (int)(await node.Api.PostAsync(path, resource)).Status);
        }

        Assert.Equal([$"content {digest}", "ingests half", "snapshots/overlayfs a key/with odd"], await RawLeases.OfAsync(ns, "mine"));
        var first = await node.Api.GetAsync(path + "?pageSize=2");
        Assert.Equal(["content", "ingest"], first.Json["items"]!.AsArray().Select(item => (string)item!["type"]!));
        var rest = (await node.Api.GetAsync($"{path}?pageSize=2&pageToken={first.Json["nextPageToken"]}")).Json["items"]!.AsArray();
        Assert.Equal("""{"type":"snapshot","id":"a key/with odd","snapshotter":"overlayfs"}""", Assert.Single(rest)!.ToJsonString());

        Assert.Equal(204, (int)(await node.DeleteAsync(path + "?type=snapshot&snapshotter=overlayfs&id=a%20key%2Fwith%20odd")).Status);
        Assert.Equal(404, (int)(await node.DeleteAsync(path + "?type=snapshot&snapshotter=overlayfs&id=a%20key%2Fwith%20odd")).Status);
        Assert.Equal(204, (int)(await node.DeleteAsync(path + "?type=ingest&id=half")).Status);
        Assert.Equal([$"content {digest}"], await RawLeases.OfAsync(ns, "mine"));
        Assert.Equal(404, (int)(await node.Api.GetAsync(LeasesTests.PathOf(ns, "none") + "/resources")).Status);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task What_is_not_there_is_not_held_and_images_need_a_newer_containerd(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("absent");
        var path = LeasesTests.PathOf(ns, "mine") + "/resources";
        await node.Api.PostAsync(LeasesTests.PathOf(ns), new { id = "mine" });
        foreach (var resource in new object[] { new { type = "content", id = Layer.Hash([9]) }, new { type = "ingest", id = "none" }, new { type = "snapshot", id = "none", snapshotter = "overlayfs" }, new { type = "image", id = "none" } })
        {
            var answer = await node.Api.PostAsync(path, resource);
            Assert.Equal((HttpStatusCode.NotFound, "not_found"), (answer.Status, answer.Code));
        }

        Assert.Equal("snapshotter_not_found", (await node.Api.PostAsync(path, new { type = "snapshot", id = "x", snapshotter = "nonesuch" })).Code);
        Assert.Empty(await RawLeases.OfAsync(ns, "mine"));

        var reference = registry.Add("acme/app:1", TestImage.Small(90));
        await node.Api.PullAsync(ns.Name, new { reference });
        var image = await node.Api.PostAsync(path, new { type = "image", id = reference });
        Assert.Equal(version is "2" ? (HttpStatusCode.Created, null) : (HttpStatusCode.NotImplemented, "not_supported_by_containerd"), (image.Status, (string?)image.Json["code"]));
    }

    [Theory]
    [InlineData("""{"type": "content"}""", "id")]
    [InlineData("""{"type": "content", "id": "latest"}""", "id")]
    [InlineData("""{"type": "content", "id": ""}""", "id")]
    [InlineData("""{"type": "volume", "id": "x"}""", "type")]
    [InlineData("""{"type": 0, "id": "x"}""", "type")]
    [InlineData("""{"id": "x"}""", "type")]
    [InlineData("""{"type": "snapshot", "id": "x"}""", "snapshotter")]
    [InlineData("""{"type": "snapshot", "id": "x", "snapshotter": "../x"}""", "snapshotter")]
    [InlineData("""{"type": "ingest", "id": "x", "snapshotter": "overlayfs"}""", "snapshotter")]
    public async Task Bad_resource_is_refused_and_the_field_named(string body, string field)
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        var answer = await node.Api.SendAsync(HttpMethod.Post, "/v1/namespaces/bad-resource/leases/x/resources", new StringContent(body, System.Text.Encoding.UTF8, "application/json"));
        Assert.True(answer.Code is "invalid_request", answer.Text);
        Assert.True(answer.Json["errors"]!.AsObject().ContainsKey(field), answer.Text);
    }

    [Theory]
    [InlineData("", "type")]
    [InlineData("?type=volume&id=x", "type")]
    [InlineData("?type=7&id=x", "type")]
    [InlineData("?type=content", "id")]
    [InlineData("?type=snapshot&id=x", "snapshotter")]
    public async Task Bad_resource_query_is_refused_and_the_parameter_named(string query, string parameter)
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        var answer = await node.DeleteAsync("/v1/namespaces/bad-resource/leases/x/resources" + query);
        Assert.True(answer.Code is "invalid_request", answer.Text);
        Assert.True(answer.Json["errors"]!.AsObject().ContainsKey(parameter), answer.Text);
    }
}
