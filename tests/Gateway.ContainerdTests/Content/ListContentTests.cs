using System.Net;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Content;

public sealed class ListContentTests(Nodes nodes)
{
    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Pages_together_are_what_ctr_lists_in_order(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("list");
        // More than the hundred that the daemon sends in a message.
        for (var i = 0; i < 130; i++)
        {
            await ns.PlantAsync([(byte)i, 1]);
        }

        var (seen, path) = (new List<string>(), $"/v1/namespaces/{ns.Name}/content?pageSize=47");
        var pages = 0;
        while (path is not null)
        {
            var answer = await node.Api.GetAsync(path);
            seen.AddRange(answer.Json["items"]!.AsArray().Select(item => (string)item!["digest"]!));
            path = answer.Headers.TryGetValues("Link", out var links) ? links.Single()[1..links.Single().IndexOf('>')] : null;
            pages++;
        }

        Assert.Equal((await node.Ctr.BlobsAsync(ns.Name)).Order(StringComparer.Ordinal), seen);
        Assert.Equal(3, pages);
        Assert.Equal(130, (await node.Api.GetAsync($"/v1/namespaces/{ns.Name}/content?pageSize=130")).Json["items"]!.AsArray().Count);
        Assert.Empty((await node.Api.GetAsync("/v1/namespaces/never-seen/content")).Json["items"]!.AsArray());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Filters_choose_by_digest_and_label(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("filter");
        var one = await ns.PlantAsync([1], ("containerd.io/gc.root", "a"), ("team", "a"));
        var two = await ns.PlantAsync([2], ("containerd.io/gc.root", "a"), ("team", "b"));
        await ns.PlantAsync([3]);

        Assert.Equal([one], await ListAsync("labels.team==a"));
        Assert.Equal(new[] { one, two }.Order(StringComparer.Ordinal), await ListAsync("labels.team==a", "labels.team==b"));
        Assert.Equal([two], await ListAsync($"digest=={two}"));
        var view = (await node.Api.GetAsync($"/v1/namespaces/{ns.Name}/content?filter=labels.team==a")).Json["items"]![0]!;
        Assert.Equal((1, "a"), ((int)view["size"]!, (string?)view["labels"]!["containerd.io/gc.root"]));
        Assert.InRange((DateTimeOffset)view["createdAt"]!, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));

        foreach (var list in new[] { "content", "ingests", "leases" })
        {
            foreach (var broken in new[] { "labels.a/b==c", "==", new string('a', 1025), "" })
            {
                var answer = await node.Api.GetAsync($"/v1/namespaces/{ns.Name}/{list}?filter={Uri.EscapeDataString(broken)}");
                Assert.True(answer.Status is HttpStatusCode.BadRequest, $"{list} {broken}: {answer.Text}");
                Assert.True(answer.Json["errors"]!.AsObject().ContainsKey("filter"), answer.Text);
            }
        }

        async Task<IEnumerable<string>> ListAsync(params string[] filters) =>
            (await node.Api.GetAsync($"/v1/namespaces/{ns.Name}/content?{string.Join('&', filters.Select(filter => "filter=" + Uri.EscapeDataString(filter)))}"))
                .Json["items"]!.AsArray().Select(item => (string)item!["digest"]!);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Labels_change_and_those_of_the_collector_stay(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("labels");
        var child = Layer.Hash([1]);
        var digest = await ns.PlantAsync([2], ("containerd.io/gc.root", "test"), ("containerd.io/gc.ref.content.0", child), ("old", "1"), ("kept", "2"));
        await ns.PlantAsync([1], ("none", "x"));
        var path = Blobs.PathOf(ns.Name, digest);
        using var blob = await node.GetAsync(HttpMethod.Head, ns.Name, digest);
        var etag = blob.Headers.ETag!.ToString();

        var stale = await node.PatchAsync(path, new { labels = new { old = "x" } }, ("If-Match", "\"other\""));
        Assert.Equal("precondition_failed", stale.Code);
        var changed = await node.PatchAsync(path, new { labels = new Dictionary<string, string?> { ["old"] = null, ["new.example/key"] = "3" } }, ("If-Match", etag));
        Assert.True(changed.Status is HttpStatusCode.OK, changed.Text);
        Assert.Equal(etag, changed.Headers.ETag!.ToString());

        var labels = await node.Ctr.LabelsOfAsync(ns.Name, digest);
        Assert.Equal(["containerd.io/gc.ref.content.0", "containerd.io/gc.root", "kept", "new.example/key"], labels.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(labels.Count, changed.Json["labels"]!.AsObject().Count);
        await node.Ctr.CollectAsync(ns.Name);
        Assert.Contains(child, await node.Ctr.BlobsAsync(ns.Name));
        Assert.Equal(404, (int)(await node.PatchAsync(Blobs.PathOf(ns.Name, Layer.Hash([9])), new { labels = new { a = "b" } })).Status);
    }

    [Theory]
    [InlineData("containerd.io/gc.root")]
    [InlineData("containerd.io/gc.ref.content.0")]
    [InlineData("io.cri-containerd.pinned")]
    public async Task Reserved_labels_are_refused(string label)
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        await using var ns = node.Containerd.NewNamespace("reserved");
        var digest = await ns.PlantAsync([1]);
        foreach (var value in new[] { "x", null })
        {
            var labels = new Dictionary<string, string?> { [label] = value };
            Assert.Equal("reserved_label", (await node.PatchAsync(Blobs.PathOf(ns.Name, digest), new { labels })).Code);
            Assert.Equal("reserved_label", (await node.PatchAsync($"/v1/namespaces/{ns.Name}/leases/any", new { labels })).Code);
        }

        Assert.Equal("reserved_label", (await node.Api.PostAsync($"/v1/namespaces/{ns.Name}/leases", new { labels = new Dictionary<string, string> { [label] = "x" } })).Code);
        Assert.Equal(["containerd.io/gc.root"], (await node.Ctr.LabelsOfAsync(ns.Name, digest)).Keys);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Ingests_are_listed_and_thrown_away(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("ingests");
        foreach (var name in new[] { "layer/b c", "layer-a" })
        {
            await RawGrpc.LeaveIngestAsync(node.Containerd.Address, ns.Name, name, new byte[10]);
        }

        var list = (await node.Api.GetAsync($"/v1/namespaces/{ns.Name}/ingests")).Json["items"]!.AsArray();
        Assert.Equal(["layer-a", "layer/b c"], list.Select(ingest => (string)ingest!["ref"]!));
        Assert.Equal(10, (int)list[0]!["offset"]!);
        Assert.NotNull(list[0]!["startedAt"]);
        Assert.Null(list[0]!["total"]);

        Assert.Equal(204, (int)(await node.DeleteAsync($"/v1/namespaces/{ns.Name}/ingests/layer%2Fb%20c")).Status);
        Assert.Equal(["layer-a"], await node.Ctr.IngestRefsAsync(ns.Name));
        Assert.Equal(204, (int)(await node.DeleteAsync($"/v1/namespaces/{ns.Name}/ingests/layer-a")).Status);
        Assert.Equal("not_found", (await node.DeleteAsync($"/v1/namespaces/{ns.Name}/ingests/layer-a")).Code);
        Assert.Empty(await ns.ViolationsAsync());
    }
}
