using System.Net;
using System.Net.Http.Json;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Lifecycle;

public sealed class UpdateTests(Nodes nodes)
{
    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Patch_changes_the_labels_it_names_and_no_others(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("patch");
        var (path, reference, image) = await PulledAsync(node, ns, 320);
        await ns.CtrAsync("images", "label", reference, "containerd.io/gc.ref.content.extra=sha256:0", "foreign/label=x", "old=1");

        var answer = await PatchAsync(node, path, new() { ["team"] = "a", ["old"] = null, ["a.b/c"] = "dotted", ["absent"] = null });

        Assert.True(answer.Status is HttpStatusCode.OK, answer.Text);
        Assert.Equal("""{"a.b/c":"dotted","containerd.io/gc.ref.content.extra":"sha256:0","foreign/label":"x","team":"a"}""", answer.Json["labels"]!.ToJsonString());
        Assert.Equal((await node.Api.GetAsync(path)).Headers.ETag, answer.Headers.ETag);
        var row = (await ns.CtrAsync("images", "ls", $"name=={reference}")).Split('\n')[1];
        Assert.Contains("a.b/c=dotted,containerd.io/gc.ref.content.extra=sha256:0,foreign/label=x,team=a", row);
        Assert.Contains(image.Digest, row);

        var emptied = await PatchAsync(node, path, new() { ["team"] = "" });
        Assert.Null(emptied.Json["labels"]!["team"]);
        Assert.Equal(HttpStatusCode.OK, (await PatchAsync(node, path, [])).Status);
        await ns.CtrAsync("images", "label", reference, "containerd.io/gc.ref.content.extra=");
        Assert.Empty(await ns.ViolationsAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Reserved_labels_are_refused_whether_set_or_removed(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("reserved");
        var (path, reference, _) = await PulledAsync(node, ns, 321);
        await ns.CtrAsync("images", "label", reference, "io.cri-containerd.image=managed");
        foreach (var key in new[] { "containerd.io/gc.root", "containerd.io/gc.ref.content.x", "io.cri-containerd.image", "io.cri-containerd.pinned" })
        {
            foreach (var value in new[] { "x", null })
            {
                var answer = await PatchAsync(node, path, new() { ["good"] = "1", [key] = value });
                Assert.Equal((HttpStatusCode.Forbidden, "reserved_label"), (answer.Status, answer.Code));
            }
        }

        Assert.Equal("""{"io.cri-containerd.image":"managed"}""", (await node.Api.GetAsync(path)).Json["labels"]!.ToJsonString());
    }

    [Fact]
    public async Task Bound_counts_what_would_be_there_after()
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        await using var ns = node.Containerd.NewNamespace("bound");
        var (path, reference, _) = await PulledAsync(node, ns, 322);
        Assert.Equal(HttpStatusCode.OK, (await PatchAsync(node, path, Labels(0, 64))).Status);

        var more = await PatchAsync(node, path, Labels(64, 1));
        Assert.Equal((HttpStatusCode.BadRequest, true), (more.Status, more.Json["errors"]!.AsObject().ContainsKey("labels")));
        var swapped = Labels(64, 1);
        swapped["key00"] = null;
        Assert.Equal(HttpStatusCode.OK, (await PatchAsync(node, path, swapped)).Status);
        Assert.Equal(HttpStatusCode.OK, (await PatchAsync(node, path, new() { ["key01"] = "other" })).Status);

        // Other clients know no bound; what they left can be made less.
        await ns.CtrAsync("images", "label", reference, "more=1", "and=more");
        Assert.Equal(HttpStatusCode.OK, (await PatchAsync(node, path, new() { ["more"] = null, ["key02"] = "x" })).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await PatchAsync(node, path, new() { ["new"] = "x" })).Status);

        static Dictionary<string, string?> Labels(int from, int count) => Enumerable.Range(from, count).ToDictionary(i => $"key{i:00}", i => (string?)"v");
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Racing_patches_with_one_tag_let_exactly_one_through(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("racing");
        var (path, _, _) = await PulledAsync(node, ns, 323);
        for (var round = 0; round < 10; round++)
        {
            var etag = (await node.Api.GetAsync(path)).Headers.ETag!.ToString();
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => PatchAsync(node, path, new() { ["winner"] = $"{round}-{i}" }, ("If-Match", etag))));

            var winner = Assert.Single(answers, answer => answer.Status is HttpStatusCode.OK);
            Assert.All(answers.Where(answer => answer != winner), answer => Assert.Equal((HttpStatusCode.PreconditionFailed, "precondition_failed"), (answer.Status, answer.Code)));
            Assert.Equal((string?)winner.Json["labels"]!["winner"], (string?)(await node.Api.GetAsync(path)).Json["labels"]!["winner"]);
        }
    }

    [Fact]
    public async Task Patches_of_different_labels_all_arrive()
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        await using var ns = node.Containerd.NewNamespace("different");
        var (path, _, _) = await PulledAsync(node, ns, 324);

        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => PatchAsync(node, path, new() { [$"label{i}"] = "here" })));

        Assert.Equal(20, (await node.Api.GetAsync(path)).Json["labels"]!.AsObject().Count);
    }

    [Fact]
    public async Task Patch_and_conditions_are_read_as_the_standards_say()
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        await using var ns = node.Containerd.NewNamespace("standards");
        var (path, reference, _) = await PulledAsync(node, ns, 325);
        using var merge = JsonContent.Create(new { labels = new { a = "b" } }, mediaType: new System.Net.Http.Headers.MediaTypeHeaderValue("application/merge-patch+json"));
        Assert.Equal(HttpStatusCode.OK, (await node.Api.SendAsync(HttpMethod.Patch, path, merge, ("If-Match", "*"))).Status);
        var etag = (await node.Api.GetAsync(path)).Headers.ETag!.ToString();
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await PatchAsync(node, path, new() { ["a"] = "c" }, ("If-Match", "W/" + etag))).Status);
        Assert.Equal(HttpStatusCode.OK, (await PatchAsync(node, path, new() { ["a"] = "c" }, ("If-Match", "\"other\", " + etag))).Status);
        Assert.Equal(HttpStatusCode.OK, (await PatchAsync(node, $"/v1/namespaces/{ns.Name}/images/{Uri.EscapeDataString(reference)}", new() { ["a"] = null })).Status);
        Assert.Equal("image_not_found", (await PatchAsync(node, $"/v1/namespaces/{ns.Name}/images/nobody", new() { ["a"] = "c" })).Code);
    }

    private static async Task<(string Path, string Reference, TestImage Image)> PulledAsync(Node node, ContainerdNamespace ns, int seed)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var image = TestImage.Small(seed);
        var reference = registry.Add("acme/app:1", image);
        await node.Api.PullAsync(ns.Name, new { reference });
        return ($"/v1/namespaces/{ns.Name}/images/{reference}", reference, image);
    }

    private static async Task<Answer> PatchAsync(Node node, string path, Dictionary<string, string?> labels, params (string Name, string Value)[] headers)
    {
        using var body = JsonContent.Create(new { labels });
        return await node.Api.SendAsync(HttpMethod.Patch, path, body, headers);
    }
}
