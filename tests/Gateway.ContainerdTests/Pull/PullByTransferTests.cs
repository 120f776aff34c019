using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Pull;

/// <summary>What only containerd's Transfer service has or lacks. That pulls come out the same by it, the other classes of this folder show.</summary>
public sealed class PullByTransferTests(Nodes nodes)
{
    [Fact]
    public async Task Both_engines_leave_the_same_records_labels_and_snapshots()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var arm = TestImage.Small(2, "linux/arm64");
        var amd = TestImage.Of(Layer.Of(Compression.Gzip, ("a", "a")), Layer.Of(Compression.Zstd, ("b", "b")), Layer.Random(50_000, 3));
        var index = TestImage.Index(docker: false, ("linux/arm64", arm), ("linux/amd64", amd));
        var list = TestImage.Index(docker: true,
            ("linux/amd64", TestImage.Of([Layer.Of(Compression.Gzip, ("c", "c"))], docker: true)), ("linux/arm64", TestImage.Of([Layer.Of(Compression.Gzip, ("d", "d"))], docker: true, "linux/arm64")));
        // The last moves the first one's tag.
        (string Tag, TestImage Image, bool AllPlatforms)[] pulls = [("one:1", index, false), ("all:1", index, true), ("list:1", list, true), ("one:1", list, false)];
        var dumps = new List<string>();
        foreach (var version in new[] { "2", Versions.Transfer })
        {
            var node = await nodes.NodeAsync(version);
            var ns = nodes.NewName("same");
            var dump = new StringBuilder();
            foreach (var (tag, image, allPlatforms) in pulls)
            {
                var reference = registry.Add($"acme/{tag}", image);
                var job = await node.Api.PullAsync(ns, new { reference, allPlatforms, policy = "always", labels = new { team = "a" } });
                Assert.True((string?)job["state"] is "succeeded", job.ToJsonString());
                dump.AppendLine(await DumpAsync(node, ns, reference));
            }

            dumps.Add(dump.ToString());
        }

        Assert.Contains("containerd.io/gc.ref.snapshot.overlayfs", dumps[0]);
        Assert.Contains("containerd.io/distribution.source.127.0.0.1=acme/all", dumps[0]);
        Assert.Equal(dumps[0], dumps[1]);
    }

    [Fact]
    public async Task Annotations_of_layers_do_not_become_labels_of_snapshots()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(Versions.Transfer);
        var ns = nodes.NewName("hints");
        var plain = TestImage.Small(53);
        var manifest = JsonNode.Parse(plain.Manifests[plain.Digest].Bytes)!;
        manifest["layers"]![0]!["annotations"] = new JsonObject { ["containerd.io/snapshot/stranger"] = "x" };
        var image = TestImage.Raw(plain.MediaType, manifest.ToJsonString());
        foreach (var (digest, bytes) in plain.Blobs)
        {
            image.Blobs[digest] = bytes;
        }

        var job = await node.Api.PullAsync(ns, new { reference = registry.Add("acme/app:1", image) });

        Assert.True((string?)job["state"] is "succeeded", job.ToJsonString());
        Assert.Equal(plain.ChainIds, (await node.Ctr.SnapshotsAsync(ns)).Select(snapshot => snapshot.Key));
        Assert.DoesNotContain("stranger", (await node.Ctr.SnapshotAsync(ns, plain.ChainIds[0])).ToJsonString());
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns));
    }

    [Theory]
    [InlineData("1.6/transfer")]
    [InlineData("1.7/transfer")]
    public async Task Containerd_without_a_usable_transfer_service_is_told_at_the_request(string version)
    {
        await using var node = await Node.StartAsync(version);
        var answer = await node.Api.PostAsync("/v1/namespaces/any/images/pull", new { reference = "alpine" });
        Assert.Equal(HttpStatusCode.NotImplemented, answer.Status);
        Assert.Equal("not_supported_by_containerd", answer.Code);
        Assert.Empty((await node.Api.GetAsync("/v1/jobs")).Json["items"]!.AsArray());
        Assert.False((bool)(await node.Api.GetAsync("/v1/node")).Json["imageEngine"]!["usable"]!);
    }

    [Fact]
    public async Task Snapshotter_the_daemon_does_not_unpack_into_is_refused_by_name()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(Versions.Transfer);
        var ns = nodes.NewName("native");
        var request = new { reference = registry.Add("acme/app:1", TestImage.Small(50)), snapshotter = "native" };
        var job = await node.Api.PullAsync(ns, request);
        Assert.Equal("not_supported_by_transfer", (string?)job["error"]?["code"]);
        Assert.Equal(422, (int)job["error"]!["status"]!);
        Assert.Equal(1, (int)job["attempt"]!);
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns, "native"));
    }

    [Fact]
    public async Task Registry_token_is_refused_at_the_request()
    {
        var node = await nodes.NodeAsync(Versions.Transfer);
        var answer = await node.Api.PostAsync("/v1/namespaces/any/images/pull", new { reference = "alpine", auth = new { registryToken = "secret" } });
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.Status);
        Assert.Equal("not_supported_by_transfer", answer.Code);
    }

    [Fact]
    public async Task Unknown_engine_refuses_the_start()
    {
        var (exit, log) = await GatewayProcess.StartRefusedAsync(new Dictionary<string, string?> { ["Images__Engine"] = "docker" });
        Assert.NotEqual(0, exit);
        Assert.Contains("Engine", log);
    }

    [Fact]
    public async Task Image_verifiers_in_use_are_asked_under_auto_and_their_word_holds_and_pushes_go_the_same_way()
    {
        var folder = Repo.NewFolder("verifiers");
        await using var containerd = await ContainerdDaemon.StartAsync("2", moreConfig:
            $"""
            [plugins."io.containerd.image-verifier.v1.bindir"]
              bin_dir = "{folder}"
            """);
        await using var gateway = await GatewayProcess.StartAsync(containerd.Address, new Dictionary<string, string?> { ["Images__VerifierFolder"] = folder });
        await using var registry = await ScriptedRegistry.StartAsync();
        var (good, bad) = (TestImage.Small(51), TestImage.Small(52));
        var goodReference = registry.Add("acme/good:1", good);
        var badReference = registry.Add("acme/bad:1", bad);
        Assert.Equal("gateway", await EngineOfAsync(gateway));
        Assert.Equal("succeeded", (string?)(await gateway.Api.PullAsync("before", new { reference = badReference }))["state"]);
        Assert.Equal(["gateway"], await SendersAsync(gateway, registry, "before", badReference));

        var asked = Path.Combine(folder, "..", Path.GetFileName(folder) + ".asked");
        var verifier = Path.Combine(folder, "verifier");
        await File.WriteAllTextAsync(verifier, $"#!/bin/sh\ncat > /dev/null\necho \"$*\" >> {asked}\ncase \"$*\" in *acme/bad*) echo secret reason; exit 1;; esac\nexit 0\n");
        File.SetUnixFileMode(verifier, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.Equal("transfer", await EngineOfAsync(gateway));

        var passed = await gateway.Api.PullAsync("after", new { reference = goodReference });
        Assert.True((string?)passed["state"] is "succeeded", passed.ToJsonString());
        var refused = await gateway.Api.PullAsync("after", new { reference = badReference });
        Assert.Equal("image_verification_failed", (string?)refused["error"]?["code"]);
        Assert.Equal(422, (int)refused["error"]!["status"]!);
        Assert.Equal(1, (int)refused["attempt"]!);
        Assert.DoesNotContain("secret reason", refused.ToJsonString());
        Assert.Equal(["containerd"], await SendersAsync(gateway, registry, "after", goodReference));
        Assert.Equal([goodReference], await containerd.Ctr.ImagesAsync("after"));
        Assert.Empty(await Invariants.CheckAsync(containerd, "after"));

        // The verifier hears the name and the very digest that is pulled.
        var words = await File.ReadAllTextAsync(asked);
        Assert.Contains($"{goodReference}@{good.Digest}", words);
        Assert.Contains($"-digest {bad.Digest}", words);
        File.Delete(asked);
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<string?> EngineOfAsync(GatewayProcess gateway) => (string?)(await gateway.Api.GetAsync("/v1/node")).Json["imageEngine"]!["name"];

    // Pushes; gives the programs that put something into the registry.
    private static async Task<string[]> SendersAsync(GatewayProcess gateway, ScriptedRegistry registry, string ns, string reference)
    {
        var senders = new ConcurrentBag<string>();
        registry.Script = http =>
        {
            if (http.Request.Method is "PUT")
            {
                senders.Add(http.Request.Headers.UserAgent.ToString().Split('/')[0]);
            }

            return Task.FromResult(false);
        };
        var job = await gateway.Api.PushAsync(ns, new { reference, target = $"{registry.Host}/acme/{ns}:1" });
        Assert.True((string?)job["state"] is "succeeded", job.ToJsonString());
        return [.. senders.Distinct()];
    }

    // Everything that stays of a pull, without times.
    private static async Task<string> DumpAsync(Node node, string ns, string reference)
    {
        await node.Ctr.CollectAsync(ns);
        var lines = new List<string> { Regex.Replace(await node.Ctr.RunAsync(ns, "images", "ls", $"name=={reference}"), " +", " ") };
        foreach (var blob in (await node.Ctr.BlobsAsync(ns)).Order(StringComparer.Ordinal))
        {
            lines.Add($"{blob} {string.Join(' ', (await node.Ctr.LabelsOfAsync(ns, blob)).Select(label => $"{label.Key}={label.Value}").Order(StringComparer.Ordinal))}");
        }

        foreach (var (key, parent, kind) in await node.Ctr.SnapshotsAsync(ns))
        {
            var labels = (await node.Ctr.SnapshotAsync(ns, key))["Labels"]?.AsObject() ?? new JsonObject();
            lines.Add($"{key} {parent} {kind} {string.Join(' ', labels.Select(label => $"{label.Key}={label.Value}").Order(StringComparer.Ordinal))}");
        }

        return string.Join('\n', lines);
    }
}
