using System.Net;
using System.Text;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Service;

/// <summary>Bad input over the wire: a clear problem, never a 500, and nothing left behind.</summary>
public sealed class BadInputTests(Nodes nodes)
{
    private const string Pull = "/v1/namespaces/bad-input/images/pull";

    /// <summary>Bodies of a pull, the field the answer must name, and its status.</summary>
    public static TheoryData<string, string, int> Bodies => new()
    {
        { "", "body", 400 },
        { "null", "body", 400 },
        { "[]", "body", 400 },
        { "\"alpine\"", "body", 400 },
        { "{", "body", 400 },
        { "{}", "reference", 400 },
        { "{\"reference\":null}", "reference", 400 },
        { "{\"reference\":1}", "reference", 400 },
        { "{\"reference\":\"\"}", "reference", 400 },
        { "{\"reference\":\"UPPER/Case\"}", "reference", 400 },
        { "{\"reference\":\"alpine\\n\"}", "reference", 400 },
        { "{\"reference\":\"alpine:\"}", "reference", 400 },
        { "{\"reference\":\"alpine@sha256:short\"}", "reference", 400 },
        { "{\"reference\":\"http://docker.io/alpine\"}", "reference", 400 },
        { "{\"reference\":\"../../etc/passwd\"}", "reference", 400 },
        { "{\"reference\":\"alpine\",\"reference\":\"busybox\"}", "reference", 400 },
        { "{\"reference\":\"alpine\",\"surprise\":1}", "surprise", 400 },
        { "{\"Reference\":\"alpine\"}", "Reference", 400 },
        { "{\"reference\":\"alpine\",\"platforms\":[\"linux\"]}", "platforms[0]", 400 },
        { "{\"reference\":\"alpine\",\"platforms\":[\"linux/amd64\",\"a/b/c/d\"]}", "platforms[1]", 400 },
        { "{\"reference\":\"alpine\",\"platforms\":[\"linux/amd64\"],\"allPlatforms\":true}", "allPlatforms", 400 },
        { "{\"reference\":\"alpine\",\"platforms\":\"linux/amd64\"}", "platforms", 400 },
        { "{\"reference\":\"alpine\",\"policy\":\"sometimes\"}", "policy", 400 },
        { "{\"reference\":\"alpine\",\"policy\":0}", "policy", 400 },
        { "{\"reference\":\"alpine\",\"snapshotter\":\"../overlayfs\"}", "snapshotter", 400 },
        { "{\"reference\":\"alpine\",\"timeout\":\"0s\"}", "timeout", 400 },
        { "{\"reference\":\"alpine\",\"timeout\":\"25h\"}", "timeout", 400 },
        { "{\"reference\":\"alpine\",\"timeout\":\"soon\"}", "timeout", 400 },
        { "{\"reference\":\"alpine\",\"unpack\":\"yes\"}", "unpack", 400 },
        { "{\"reference\":\"alpine\",\"labels\":{\"\":\"x\"}}", "labels", 400 },
        { "{\"reference\":\"alpine\",\"auth\":{}}", "auth", 400 },
        { "{\"reference\":\"alpine\",\"auth\":{\"username\":\"u\"}}", "auth", 400 },
        { "{\"reference\":\"alpine\",\"auth\":{\"username\":\"u\",\"password\":\"p\",\"identityToken\":\"t\"}}", "auth", 400 },
        { "{\"reference\":\"alpine\",}", "body", 400 },
        { "{\"reference\":\"alpine\"} {}", "body", 400 },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Bad_body_of_a_pull_is_refused_and_the_field_named(string body, string field, int status)
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        var answer = await node.Api.SendAsync(HttpMethod.Post, Pull, new StringContent(body, Encoding.UTF8, "application/json"));
        Assert.True(status == (int)answer.Status, answer.Text);
        Assert.Equal("application/problem+json", answer.MediaType);
        Assert.Equal("invalid_request", answer.Code);
        Assert.True(answer.Json["errors"]!.AsObject().ContainsKey(field), answer.Text);
        Assert.DoesNotContain("System.", answer.Text);
        Assert.DoesNotContain("Gateway.", answer.Text);
    }

    [Fact]
    public async Task Body_of_another_type_is_415_and_one_too_large_413()
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        var form = await node.Api.SendAsync(HttpMethod.Post, Pull, new StringContent("reference=alpine", Encoding.UTF8, "application/x-www-form-urlencoded"));
        Assert.Equal((HttpStatusCode.UnsupportedMediaType, "unsupported_media_type"), (form.Status, form.Code));
        var large = await node.Api.SendAsync(HttpMethod.Post, Pull, new StringContent($"{{\"reference\":\"{new string('a', 1 << 20)}\"}}", Encoding.UTF8, "application/json"), ("Expect", "100-continue"));
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "payload_too_large"), (large.Status, large.Code));
    }

    [Theory]
    [InlineData("a__b")]
    [InlineData("-x")]
    [InlineData("a%20b")]
    [InlineData("a%2Fb")]
    [InlineData("..%2Fescape")]
    [InlineData("a%0A")]
    [InlineData("%C3%A9")]
    [InlineData("aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggghhhhhhh")]
    public async Task Malformed_namespace_is_refused_on_every_route(string name)
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        Assert.Equal("invalid_request", (await node.Api.GetAsync($"/v1/namespaces/{name}")).Code);
        Assert.Equal("invalid_request", (await node.Api.GetAsync($"/v1/namespaces/{name}/images")).Code);
        Assert.Equal("invalid_request", (await node.Api.PostAsync($"/v1/namespaces/{name}/images/pull", new { reference = "alpine" })).Code);
        Assert.Equal("invalid_request", (await node.Api.PostAsync("/v1/namespaces", new { name = Uri.UnescapeDataString(name) })).Code);
    }

    [Theory]
    [InlineData("/v1/namespaces?pageSize=0", "pageSize")]
    [InlineData("/v1/namespaces?pageSize=1001", "pageSize")]
    [InlineData("/v1/namespaces?pageSize=many", "pageSize")]
    [InlineData("/v1/namespaces?pageToken=%00", "pageToken")]
    [InlineData("/v1/namespaces/x/images?pageToken=AAAA", "pageToken")]
    [InlineData("/v1/namespaces/x/images?view=half", "view")]
    [InlineData("/v1/jobs?state=done", "state")]
    [InlineData("/v1/jobs?pageSize=-1", "pageSize")]
    [InlineData("/v1/jobs?pageSize=many", "pageSize")]
    [InlineData("/v1/jobs?pageSize=1&pageSize=2", "pageSize")]
    [InlineData("/v1/namespaces/x/images/app:1?sync=perhaps", "sync", "DELETE")]
    [InlineData("/v1/namespaces/x/leases/build?sync=1", "sync", "DELETE")]
    [InlineData("/v1/namespaces/x/content/sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855?force=yes", "force", "DELETE")]
    public async Task Bad_query_is_refused_and_the_parameter_named(string path, string parameter, string method = "GET")
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        var answer = await node.Api.SendAsync(new HttpMethod(method), path);
        Assert.True(answer.Status is HttpStatusCode.BadRequest, answer.Text);
        Assert.True(answer.Json["errors"]!.AsObject().ContainsKey(parameter), answer.Text);
    }

    [Fact]
    public async Task Unknown_paths_and_methods_are_problems_too()
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        Assert.Equal("not_found", (await node.Api.GetAsync("/v1/nothing")).Code);
        Assert.Equal("method_not_allowed", (await node.Api.SendAsync(HttpMethod.Put, "/v1/node")).Code);
        Assert.Equal("not_found", (await node.Api.GetAsync("/v1/jobs/01arz3ndektsv4rrffq69g5fav")).Code);
        Assert.Contains("<code>image_not_found</code>", (await node.Api.GetAsync("/problems/image_not_found")).Text);
    }

    [Fact]
    public async Task Nobody_gets_in_without_a_key()
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        using var nobody = new GatewayApi(node.Gateway.Url, null);
        using var stranger = new GatewayApi(node.Gateway.Url, "gwk_bootstrap_0000000000000000000000000000000000000000000");
        foreach (var path in new[] { "/v1/node", "/v1/namespaces", "/v1/namespaces/x/images", "/v1/jobs", "/v1/jobs/x" })
        {
            foreach (var api in new[] { nobody, stranger })
            {
                var answer = await api.GetAsync(path);
                Assert.Equal((HttpStatusCode.Unauthorized, "unauthorized"), (answer.Status, answer.Code));
                Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.ToString());
            }
        }
    }

    [Theory]
    [InlineData("ASPNETCORE_URLS", "http://0.0.0.0:0", "no TLS")]
    [InlineData("Management__Urls", "http://0.0.0.0:0", "no TLS")]
    [InlineData("Auth__ApiKeys__0__Id", "NOT/AN/ID", "Auth:ApiKeys")]
    [InlineData("Auth__BootstrapKey", "short", "Auth:BootstrapKey")]
    [InlineData("Jobs__MaxRunning", "0", "MaxRunning")]
    [InlineData("Images__MaxConcurrentDownloads", "65", "MaxConcurrentDownloads")]
    public async Task Configuration_that_is_unsafe_or_out_of_bounds_refuses_the_start(string name, string value, string reason)
    {
        var (exit, log) = await GatewayProcess.StartRefusedAsync(new Dictionary<string, string?> { [name] = value });
        Assert.NotEqual(0, exit);
        Assert.Contains(reason, log);
    }
}
