using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.TestKit;
using Microsoft.AspNetCore.Http;

namespace Gateway.ContainerdTests.Push;

/// <summary>Pushes by containerd's Transfer service; the registry tells what it got.</summary>
public sealed class PushByTransferTests(Nodes nodes)
{
    private static readonly TestImage Amd = TestImage.Small(60, "linux/amd64");
    private static readonly TestImage Arm = TestImage.Small(61, "linux/arm64");
    private static readonly TestImage Both = TestImage.Index(docker: false, ("linux/amd64", Amd), ("linux/arm64", Arm));

    [Fact]
    public async Task Pushed_index_is_in_the_registry_whole_and_a_second_push_sends_nothing()
    {
        var registry = await nodes.RegistryAsync();
        var (node, ns, reference) = await PulledAsync(Both, new JsonObject { ["allPlatforms"] = true });
        var target = $"{registry.Host}/{nodes.NewName("pushed")}:1";

        var first = await node.Api.PushAsync(ns, new { reference, target });
        Assert.True((string?)first["state"] is "succeeded", first.ToJsonString());
        Assert.Equal(100, (int)first["progress"]!["percent"]!);
        Assert.Equal(Both.Digest, (string?)first["result"]!["digest"]);
        Assert.True((bool)first["result"]!["changed"]!);
        Assert.Equal(7, (int)first["result"]!["uploaded"]!["count"]!);
        Assert.Equal(Both.Digest, await DigestInAsync(registry, target));
        foreach (var blob in Both.Blobs.Keys)
        {
            Assert.Equal(HttpStatusCode.OK, await HeadAsync(registry, $"v2/{PathOf(target)}/blobs/{blob}"));
        }

        var again = await node.Api.PushAsync(ns, new { reference, target });
        Assert.False((bool)again["result"]!["changed"]!);
        Assert.Equal(0, (int)again["result"]!["uploaded"]!["count"]!);
        Assert.Equal(7, (int)again["result"]!["existing"]!["count"]!);
        await NothingElseIsLeftAsync(node, ns, reference);
    }

    [Fact]
    public async Task Credentials_are_given_to_the_registry_that_asks_and_wrong_ones_are_told_as_such()
    {
        var password = Canary.New();
        await using var registry = await DockerRegistry.StartWithBasicAsync("user", password);
        var (node, ns, reference) = await PulledAsync(Amd, []);
        var target = $"{registry.Host}/acme/app:1";
        var wrong = await node.Api.PushAsync(ns, new { reference, target, auth = new { username = "user", password = Canary.New() } });
        Assert.Equal("registry_unauthorized", (string?)wrong["error"]?["code"]);

        var right = await node.Api.PushAsync(ns, new { reference, target, auth = new { username = "user", password } });
        Assert.True((string?)right["state"] is "succeeded", right.ToJsonString());
        registry.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"user:{password}")));
        Assert.Equal(Amd.Digest, await DigestInAsync(registry, target));
        await NothingElseIsLeftAsync(node, ns, reference);
    }

    [Fact]
    public async Task Canceled_push_leaves_nothing()
    {
        var (node, ns, reference) = await PulledAsync(Amd, []);
        await using var registry = await ScriptedRegistry.StartAsync();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        registry.Script = async http =>
        {
            if (!HttpMethods.IsPost(http.Request.Method))
            {
                return false;
            }

            reached.TrySetResult();
            await Task.Delay(Timeout.Infinite, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return true;
        };
        var started = await node.Api.PostAsync($"/v1/namespaces/{ns}/images/push", new { reference, target = $"{registry.Host}/acme/app:1" });
        var id = (string)started.Json["id"]!;
        await reached.Task.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(202, (int)(await node.Api.PostAsync($"/v1/jobs/{id}/cancel")).Status);
        Assert.Equal("canceled", (string?)(await node.Api.EndOfAsync(id))["state"]);
        await NothingElseIsLeftAsync(node, ns, reference);
    }

    private async Task<(Node Node, string Namespace, string Reference)> PulledAsync(TestImage image, JsonObject request)
    {
        await using var source = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(Versions.Transfer);
        var ns = nodes.NewName("push");
        var reference = source.Add("acme/app:1", image);
        request["reference"] = reference;
        var job = await node.Api.PullAsync(ns, request);
        Assert.True((string?)job["state"] is "succeeded", job.ToJsonString());
        return (node, ns, reference);
    }

    private static async Task NothingElseIsLeftAsync(Node node, string ns, string reference)
    {
        Assert.Equal([reference], await node.Ctr.ImagesAsync(ns));
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns));
    }

    private static string PathOf(string target) => target[(target.IndexOf('/') + 1)..target.LastIndexOf(':')];

    private static async Task<HttpStatusCode> HeadAsync(DockerRegistry registry, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        using var answer = await registry.Client.SendAsync(request);
        return answer.StatusCode;
    }

    private static async Task<string?> DigestInAsync(DockerRegistry registry, string target)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, $"v2/{PathOf(target)}/manifests/1");
        request.Headers.Accept.ParseAdd("application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json");
        using var answer = await registry.Client.SendAsync(request);
        return answer.Headers.TryGetValues("Docker-Content-Digest", out var digest) ? digest.Single() : null;
    }
}
