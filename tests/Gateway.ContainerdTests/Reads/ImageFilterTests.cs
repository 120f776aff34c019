using System.Text.Json.Nodes;
using Gateway.Containerd;
using Gateway.Containerd.Services.Images;
using Gateway.Containerd.Types;

namespace Gateway.ContainerdTests.Reads;

/// <summary>The gateway's own reading of filters against the daemon's: the same records, or a refusal of what the daemon silently ignores.</summary>
public sealed class ImageFilterTests(Nodes nodes)
{
    private static readonly string[] Filters =
    [
        "name", "name!=x", "name==docker.io/library/one:1", "name == docker.io/library/one:1", "name~=one", "name~=/library\\/(one|two):/", "name~=|^docker.io/|",
        "labels.kind==base", "labels.kind!=base", "labels.kind", "labels.kind~=^$", "labels.kind~=|.|", "labels.\"a.b/c\"==x", "labels.a.b", "labels.a.b==dotted",
        "labels.\"quoted value\"==\"one, two\"", "labels.\"\\u00e9\"==\"\\303\\251\"", "labels.uni~=^.$", "labels.uni~=^..$", "labels.uni~=^[^a]$", "labels.uni~=^\\W$",
        "target.mediatype~=index", "target.digest~=^sha256:1{64}$", "target.digest==sha256:2222222222222222222222222222222222222222222222222222222222222222",
        "annotations.note", "annotations.\"org.x/note\"==n", "name,labels.kind==base", "name~=|[a-z]+:[0-9]{1,2}$|", "name~=o{2}", "name~=^[[:alpha:].]+/",
        "name~=(?i)ONE", "name~=\\bone\\b", "name~=\\pL", "name~=\"\\\\Qodd name\\\\E\"", "name~=\"^odd\\\\s\"", "labels.kind!=\"\"", "labels.empty", "name==\"odd name\"",
    ];

    private static readonly string[] Broken =
    [
        "name==", "name=x", "name==x y", "name==x,", "labels.a/b==x", "name==\"x", "name~=[", "name~=(?=x)", "name~=a**", "name~=a{1001}", "labels", "size==1", "created_at",
        "name==/x/", "target.size==1", "name==\"\\q\"", "name,,name", ".name", "labels.kind~=.",
    ];

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Filter_finds_what_the_daemon_finds(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("filter");
        using var containerd = new ContainerdClient(node.Containerd.Address);
        var client = containerd.In(ns.Name);
        await FillAsync(client);
        foreach (var filter in Filters)
        {
            var expected = await client.Images.ListAsync(new ListImagesRequest { Filters = { filter } });
            Assert.Equal(expected.Images.Select(image => image.Name).Order(StringComparer.Ordinal), await NamesAsync(node, ns.Name, filter));
        }

        var either = await client.Images.ListAsync(new ListImagesRequest { Filters = { "labels.kind==base", "name~=odd" } });
        Assert.Equal(either.Images.Select(image => image.Name).Order(StringComparer.Ordinal), await NamesAsync(node, ns.Name, "labels.kind==base", "name~=odd"));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Broken_filter_is_a_problem_of_that_field_although_the_daemon_may_match_nothing(string version)
    {
        var node = await nodes.NodeAsync(version);
        foreach (var filter in Broken)
        {
            var answer = await node.Api.GetAsync($"/v1/namespaces/any/images?filter={Uri.EscapeDataString(filter)}");
            Assert.Equal((400, "invalid_request"), ((int)answer.Status, answer.Code));
            Assert.Contains("at character ", (string?)answer.Json["errors"]!["filter"]![0]);
            answer = await node.Api.PostAsync("/v1/namespaces/any/images/prune", new { filter });
            Assert.Equal((400, "invalid_request"), ((int)answer.Status, answer.Code));
            Assert.Contains("at character ", (string?)answer.Json["errors"]!["filter"]![0]);
        }
    }

    private static async Task FillAsync(NamespacedClient client)
    {
        await PutAsync(client, "docker.io/library/one:1", '1', ("kind", "base"), ("a.b", "dotted"), ("uni", "é"));
        await PutAsync(client, "docker.io/library/two:12", '2', ("kind", "app"), ("a.b/c", "x"), ("uni", "😀"));
        await PutAsync(client, "registry.test/foo/book@sha256:" + new string('3', 64), '3', ("quoted value", "one, two"), ("é", "é"));
        await PutAsync(client, "odd name", '4', ("uni", "a"));
    }

    private static async Task PutAsync(NamespacedClient client, string name, char digit, params (string Key, string Value)[] labels)
    {
        var mediaType = digit is '1' ? "application/vnd.oci.image.index.v1+json" : "application/vnd.oci.image.manifest.v1+json";
        var target = new ContentDescriptor { MediaType = mediaType, Digest = $"sha256:{new string(digit, 64)}", Size = 1, Annotations = { ["org.x/note"] = digit is '1' ? "n" : "o" } };
        await client.PutImageAsync(name, target, labels.ToDictionary(label => label.Key, label => label.Value), CancellationToken.None);
    }

    private static async Task<IEnumerable<string>> NamesAsync(Node node, string ns, params string[] filters)
    {
        var query = string.Join('&', filters.Select(filter => $"filter={Uri.EscapeDataString(filter)}"));
        var answer = await node.Api.GetAsync($"/v1/namespaces/{ns}/images?{query}");
        Assert.True(answer.Status is System.Net.HttpStatusCode.OK, $"{query}: {answer.Text}");
        return answer.Json["items"]!.AsArray().Select(image => (string)((JsonObject)image!)["name"]!);
    }
}
