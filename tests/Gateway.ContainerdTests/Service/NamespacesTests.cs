using System.Net.Http.Json;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Service;

public sealed class NamespacesTests(Nodes nodes)
{
    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Namespace_lives_from_its_creation_to_its_deletion(string version)
    {
        var node = await nodes.NodeAsync(version);
        var name = nodes.NewName("life");
        Assert.Equal(404, (int)(await node.Api.GetAsync($"/v1/namespaces/{name}")).Status);

        var created = await node.Api.PostAsync("/v1/namespaces", new { name, labels = new { team = "a", tier = "1" } });
        Assert.Equal(201, (int)created.Status);
        Assert.Equal($"/v1/namespaces/{name}", created.Headers.Location!.ToString());
        Assert.Contains("team=a", await node.Ctr.RunAsync("default", "namespaces", "ls"));
        Assert.Equal("conflict", (await node.Api.PostAsync("/v1/namespaces", new { name })).Code);

        var read = await node.Api.GetAsync($"/v1/namespaces/{name}");
        var etag = read.Headers.ETag!.ToString();
        Assert.Equal(304, (int)(await node.Api.SendAsync(HttpMethod.Get, $"/v1/namespaces/{name}", null, ("If-None-Match", etag))).Status);

        var stale = await Patch(node, name, new { labels = new { team = "b" } }, ("If-Match", "\"other\""));
        Assert.Equal("precondition_failed", stale.Code);
        var changed = await Patch(node, name, new { labels = new { team = (string?)null, zone = "z" } }, ("If-Match", etag));
        Assert.Equal(200, (int)changed.Status);
        Assert.Equal("""{"tier":"1","zone":"z"}""", changed.Json["labels"]!.ToJsonString());
        var listed = await node.Ctr.RunAsync("default", "namespaces", "ls");
        Assert.DoesNotContain("team=a", listed);
        Assert.Contains("zone=z", listed);

        Assert.Equal(204, (int)(await node.Api.SendAsync(HttpMethod.Delete, $"/v1/namespaces/{name}")).Status);
        Assert.DoesNotContain(name, await node.Ctr.RunAsync("default", "namespaces", "ls", "-q"));
        Assert.Equal(404, (int)(await node.Api.SendAsync(HttpMethod.Delete, $"/v1/namespaces/{name}")).Status);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Namespace_that_holds_something_is_not_deleted(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        var name = nodes.NewName("full");
        var reference = registry.Add("acme/app:1", TestImage.Small(60));
        await node.Api.PullAsync(name, new { reference });
        Assert.Equal("namespace_not_empty", (await node.Api.SendAsync(HttpMethod.Delete, $"/v1/namespaces/{name}")).Code);
        Assert.Equal([reference], await node.Ctr.ImagesAsync(name));

        Assert.Equal(204, (int)(await node.Api.SendAsync(HttpMethod.Delete, $"/v1/namespaces/{name}/images/{Uri.EscapeDataString(reference)}?sync=true")).Status);
        Assert.Equal(204, (int)(await node.Api.SendAsync(HttpMethod.Delete, $"/v1/namespaces/{name}")).Status);
    }

    [Theory]
    [InlineData("containerd.io/namespace.shareable")]
    [InlineData("io.cri-containerd.anything")]
    public async Task Reserved_labels_are_refused_from_every_side(string label)
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        var name = nodes.NewName("reserved");
        var labels = new Dictionary<string, string> { [label] = "true" };
        Assert.Equal("reserved_label", (await node.Api.PostAsync("/v1/namespaces", new { name, labels })).Code);
        Assert.Equal("reserved_label", (await node.Api.PostAsync($"/v1/namespaces/{name}/images/pull", new { reference = "alpine", labels })).Code);
        await node.Api.PostAsync("/v1/namespaces", new { name });
        Assert.Equal("reserved_label", (await Patch(node, name, new { labels })).Code);
    }

    [Fact]
    public async Task List_pages_by_name_and_follows_its_link()
    {
        await using var node = await Node.StartAsync(Versions.Oldest);
        foreach (var name in new[] { "c", "a", "b" })
        {
            await node.Api.PostAsync("/v1/namespaces", new { name });
        }

        var first = await node.Api.GetAsync("/v1/namespaces?pageSize=2");
        Assert.Equal(["a", "b"], first.Json["items"]!.AsArray().Select(item => (string)item!["name"]!));
        var link = first.Headers.GetValues("Link").Single();
        var rest = await node.Api.GetAsync(link[1..link.IndexOf('>')]);
        Assert.Equal(["c"], rest.Json["items"]!.AsArray().Select(item => (string)item!["name"]!));
        Assert.Null(rest.Json["nextPageToken"]);
    }

    private static Task<Answer> Patch(Node node, string name, object body, params (string, string)[] headers) =>
        node.Api.SendAsync(HttpMethod.Patch, $"/v1/namespaces/{name}", JsonContent.Create(body), headers);
}
