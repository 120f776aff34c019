using System.Text.Json.Nodes;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Push;

/// <summary>A registry that fails in each phase of a push, and requests that cannot be.</summary>
public sealed class PushFaultsTests(Nodes nodes)
{
    private static readonly TestImage Image = TestImage.Of(Layer.Random(300_000, 51), Layer.Random(200_000, 52));

    private static readonly (string Method, string Path, int Status, string Code)[] FinalAnswers =
    [
        ("POST", "/blobs/uploads/", 401, "registry_unauthorized"),
        ("POST", "/blobs/uploads/", 403, "registry_forbidden"),
        ("POST", "/blobs/uploads/", 404, "registry_refused"),
        ("PUT", "/blobs/uploads/", 403, "registry_forbidden"),
        ("PUT", "/blobs/uploads/", 404, "registry_refused"),
        ("PUT", "/manifests/", 400, "registry_refused"),
        ("PUT", "/manifests/", 403, "registry_forbidden"),
        ("PUT", "/manifests/", 413, "registry_refused"),
    ];

    private static readonly (string Method, string Path, int Status)[] PassingFailures =
    [
        ("HEAD", "/blobs/", 500),
        ("POST", "/blobs/uploads/", 503),
        ("PUT", "/blobs/uploads/", 500),
        ("HEAD", "/manifests/", 429),
        ("PUT", "/manifests/", 502),
    ];

    public static TheoryData<string, string, string, int, string> Final =>
        new(from version in Versions.WithEngines from answer in FinalAnswers select (version, answer.Method, answer.Path, answer.Status, answer.Code));

    // Waits between tries take their time: each engine has all of them once, every version those of writes.
    public static TheoryData<string, string, string, int> Passing => new(
        from version in Versions.WithEngines
        from failure in PassingFailures
        where failure.Method is not "HEAD" || Versions.Engines.Contains(version)
        select (version, failure.Method, failure.Path, failure.Status));

    [Theory]
    [MemberData(nameof(Final))]
    public async Task Final_answer_is_told_by_its_code_and_not_tried_again(string version, string method, string path, int status, string code)
    {
        var (job, registry) = await PushAsync(version, faults => faults.On(path, Faults.Status(status), method: method));

        Assert.Equal(code, PushTrial.Code(job));
        Assert.Equal(1, (int)job["attempt"]!);
        Assert.Null(registry.Pushed.Find("acme/app", "1"));
    }

    [Theory]
    [MemberData(nameof(Passing))]
    public async Task Passing_failure_is_tried_again(string version, string method, string path, int status)
    {
        var (job, registry) = await PushAsync(version, faults => faults.On(path, Faults.Status(status), times: 2, method: method));

        PushTrial.Succeeded(job, Image.Digest);
        Assert.Equal(Image.Digest, registry.Pushed.Find("acme/app", "1")!.Digest);
    }

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Registry_that_is_not_there_is_unavailable(string version)
    {
        await using var node = await Node.StartAsync(version, new Dictionary<string, string?> { ["Jobs__MaxAttempts"] = "1", ["Registries__MaxAttempts"] = "2" });
        var reference = await PushTrial.BringAsync(node, "gone", Image);

        var job = await node.Api.PushAsync("gone", new { reference, target = $"127.0.0.1:{DockerRegistry.FreePort()}/acme/app:1" });

        Assert.Equal("registry_unavailable", PushTrial.Code(job));
        Assert.True((bool)job["error"]!["retryable"]!);
        await PushTrial.IsCleanAsync(node, "gone");
    }

    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task Image_that_is_not_stored_is_not_found_at_once(string version)
    {
        var node = await nodes.NodeAsync(version);

        var answer = await node.Api.PostAsync($"/v1/namespaces/{nodes.NewName("none")}/images/push", new { reference = "127.0.0.1:1/acme/none:1" });

        Assert.Equal((404, "image_not_found"), ((int)answer.Status, answer.Code));
    }

    public static TheoryData<string, string> Bad => new()
    {
        { "reference", """{"target": "a.test/b:1"}""" },
        { "reference", """{"reference": ""}""" },
        { "target", """{"reference": "R", "target": "Not A Reference"}""" },
        { "target", """{"reference": "R", "target": "a.test/b:1@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}""" },
        { "platforms[0]", """{"reference": "R", "platforms": ["linux"]}""" },
        { "timeout", """{"reference": "R", "timeout": "100h"}""" },
        { "auth", """{"reference": "R", "auth": {"username": "u"}}""" },
        { "labels", """{"reference": "R", "labels": {}}""" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task Request_that_is_not_valid_names_its_field(string field, string body)
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        var ns = nodes.NewName("bad");
        var reference = await PushTrial.BringAsync(node, ns, TestImage.Small(53));

        var answer = await node.Api.PostAsync($"/v1/namespaces/{ns}/images/push", JsonNode.Parse(body.Replace("\"R\"", $"\"{reference}\"", StringComparison.Ordinal)));

        Assert.Equal((400, "invalid_request"), ((int)answer.Status, answer.Code));
        Assert.Contains(field, answer.Text, StringComparison.Ordinal);
        await PushTrial.IsCleanAsync(node, ns);
    }

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Target_with_the_digest_of_what_is_pushed_is_taken(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var registry = await ScriptedRegistry.StartAsync();
        var ns = nodes.NewName("digest");
        var reference = await PushTrial.BringAsync(node, ns, Image);

        PushTrial.Succeeded(await node.Api.PushAsync(ns, new { reference, target = $"{registry.Host}/acme/app@{Image.Digest}" }), Image.Digest);

        Assert.NotNull(registry.Pushed.Find("acme/app", Image.Digest));
        Assert.DoesNotContain("latest", registry.Pushed.NamesIn("acme/app"));
        await PushTrial.IsCleanAsync(node, ns);
    }

    // Pushes through the faults and checks that nothing is left, whatever the end.
    private async Task<(JsonObject Job, ScriptedRegistry Registry)> PushAsync(string version, Action<FaultScript> script)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        var ns = nodes.NewName("fault");
        var reference = await PushTrial.BringAsync(node, ns, Image);
        script(registry.Faults);
        var job = await node.Api.PushAsync(ns, new { reference, target = $"{registry.Host}/acme/app:1" });
        await PushTrial.IsCleanAsync(node, ns);
        return (job, registry);
    }
}
