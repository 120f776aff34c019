using System.Net;
using System.Text;

namespace Gateway.ContainerdTests.Lifecycle;

/// <summary>Bad bodies of what changes images: the field is named, and nothing happens.</summary>
public sealed class BadBodiesTests(Nodes nodes)
{
    public static TheoryData<string, string, string> Bodies => new()
    {
        { "tag", "", "body" },
        { "tag", "null", "body" },
        { "tag", "[]", "body" },
        { "tag", "{", "body" },
        { "tag", "{}", "source" },
        { "tag", """{"source":"a"}""", "target" },
        { "tag", """{"source":"","target":"b"}""", "source" },
        { "tag", """{"source":null,"target":"b"}""", "source" },
        { "tag", """{"source":1,"target":"b"}""", "source" },
        { "tag", """{"source":"LONG","target":"b"}""".Replace("LONG", new string('a', 4097), StringComparison.Ordinal), "source" },
        { "tag", """{"source":"a","target":""}""", "target" },
        { "tag", """{"source":"a","target":"UPPER/Case"}""", "target" },
        { "tag", """{"source":"a","target":"a b"}""", "target" },
        { "tag", """{"source":"a","target":"b:"}""", "target" },
        { "tag", """{"source":"a","target":"b\n"}""", "target" },
        { "tag", """{"source":"a","target":"../b"}""", "target" },
        { "tag", """{"source":"a","target":"http://host/b"}""", "target" },
        { "tag", """{"source":"a","target":"b@sha256:DIGEST"}""".Replace("DIGEST", new string('0', 64), StringComparison.Ordinal), "target" },
        { "tag", """{"source":"a","target":"DIGEST"}""".Replace("DIGEST", new string('0', 64), StringComparison.Ordinal), "target" },
        { "tag", """{"source":"a","target":"b","force":"yes"}""", "force" },
        { "tag", """{"source":"a","target":"b","force":null}""", "force" },
        { "tag", """{"source":"a","target":"b","labels":{}}""", "labels" },
        { "tag", """{"source":"a","source":"c","target":"b"}""", "source" },
        { "prune", "null", "body" },
        { "prune", "[]", "body" },
        { "prune", """{"dryRun":1}""", "dryRun" },
        { "prune", """{"dryRun":"true"}""", "dryRun" },
        { "prune", """{"unused":null}""", "unused" },
        { "prune", """{"olderThan":"soon"}""", "olderThan" },
        { "prune", """{"olderThan":"-1h"}""", "olderThan" },
        { "prune", """{"olderThan":"7d"}""", "olderThan" },
        { "prune", """{"olderThan":24}""", "olderThan" },
        { "prune", """{"olderThan":"999999h"}""", "olderThan" },
        { "prune", """{"filter":""}""", "filter[0]" },
        { "prune", """{"filter":["name~=a",""]}""", "filter[1]" },
        { "prune", """{"filter":[null]}""", "filter" },
        { "prune", """{"filter":1}""", "filter" },
        { "prune", """{"filter":{"name":"a"}}""", "filter" },
        { "prune", """{"filter":[1]}""", "filter" },
        { "prune", """{"filter":"LONG"}""".Replace("LONG", new string('a', 1025), StringComparison.Ordinal), "filter[0]" },
        { "prune", """{"filter":[LIST]}""".Replace("LIST", string.Join(',', Enumerable.Repeat("\"name~=a\"", 17)), StringComparison.Ordinal), "filter" },
        { "prune", """{"filter":"name=="}""", "filter" },
        { "prune", """{"filter":"labels.a.b/c==d"}""", "filter" },
        { "prune", """{"force":true}""", "force" },
        { "resolve", "{}", "reference" },
        { "resolve", """{"reference":"UPPER/Case"}""", "reference" },
        { "resolve", """{"reference":"a","platforms":["linux"]}""", "platforms[0]" },
        { "resolve", """{"reference":"a","timeout":"0s"}""", "timeout" },
        { "resolve", """{"reference":"a","auth":{"username":"u"}}""", "auth" },
        { "resolve", """{"reference":"a","dryRun":true}""", "dryRun" },
        { "PATCH", "", "body" },
        { "PATCH", "null", "body" },
        { "PATCH", "{}", "labels" },
        { "PATCH", """{"labels":null}""", "labels" },
        { "PATCH", """{"labels":[]}""", "labels" },
        { "PATCH", """{"labels":"a=b"}""", "labels" },
        { "PATCH", """{"labels":{"a":1}}""", "labels.a" },
        { "PATCH", """{"labels":{"":"x"}}""", "labels" },
        { "PATCH", """{"labels":{"a\u0000":"x"}}""", "labels" },
        { "PATCH", """{"labels":{"a":"x\u0000"}}""", "labels" },
        { "PATCH", """{"labels":{"a":"LONG"}}""".Replace("LONG", new string('v', 4096), StringComparison.Ordinal), "labels" },
        { "PATCH", """{"labels":{"a":"b","a":"c"}}""", "labels.a" },
        { "PATCH", """{"labels":{},"target":{"digest":"sha256:0"}}""", "target" },
        { "PATCH", """{"name":"other"}""", "name" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Bad_body_is_refused_and_the_field_named(string operation, string body, string field)
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        var (method, path) = operation is "PATCH" ? (HttpMethod.Patch, "some/image:1") : (HttpMethod.Post, operation);
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        var answer = await node.Api.SendAsync(method, $"/v1/namespaces/bad-bodies/images/{path}", content);
        Assert.True((HttpStatusCode.BadRequest, "invalid_request") == (answer.Status, answer.Code), answer.Text);
        Assert.True(answer.Json["errors"]!.AsObject().ContainsKey(field), answer.Text);
        Assert.DoesNotContain("Gateway.", answer.Text);
        Assert.DoesNotContain("bad-bodies", await node.Ctr.NamespacesAsync());
    }
}
