using Gateway.TestKit;

namespace Gateway.ContainerdTests.Pull;

/// <summary>The same image again: at once, later, under another policy, by digest.</summary>
public sealed class PullAgainTests(Nodes nodes)
{
    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task Ten_requests_at_once_are_one_job_and_fetch_each_blob_once(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        var ns = nodes.NewName("ten");
        var image = TestImage.Of(Layer.Random(2_000_000, 1), Layer.Random(1_000_000, 2));
        var reference = registry.Add("acme/app:1", image);
        var hold = new TaskCompletionSource();
        registry.Script = async http =>
        {
            await hold.Task;
            return false;
        };

        var ids = (await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => node.Api.StartPullAsync(ns, new { reference })))).Select(job => (string)job["id"]!).Distinct().ToArray();
        hold.SetResult();

        var id = Assert.Single(ids);
        Assert.Equal("succeeded", (string?)(await node.Api.EndOfAsync(id))["state"]);
        Assert.All(image.Blobs.Keys, blob => Assert.Equal(1, registry.Count(blob)));
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns));
    }

    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task Different_jobs_that_share_layers_fetch_and_unpack_each_once(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        var ns = nodes.NewName("share");
        var shared = new[] { Layer.Random(2_000_000, 1), Layer.Random(1_000_000, 2) };
        var images = Enumerable.Range(0, 4).Select(i => TestImage.Of([.. shared, Layer.Of(Compression.Gzip, ("own", $"{i}"))])).ToArray();
        var references = images.Select((image, i) => registry.Add($"acme/app:{i}", image)).ToArray();

        var jobs = await Task.WhenAll(references.Select(reference => node.Api.PullAsync(ns, new { reference })));

        Assert.All(jobs, job => Assert.True((string?)job["state"] is "succeeded", job.ToJsonString()));
        Assert.All(shared, layer => Assert.Equal(1, registry.Count(layer.Digest)));
        Assert.Equal(images.SelectMany(image => image.ChainIds).Distinct().Order(), (await node.Ctr.SnapshotsAsync(ns)).Select(snapshot => snapshot.Key).Order());
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns));
    }

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Canceling_one_of_two_jobs_that_share_a_layer_leaves_the_other_whole(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        var ns = nodes.NewName("shared-cancel");
        var shared = Layer.Random(4_000_000, 1);
        var one = TestImage.Of(shared, Layer.Of(Compression.Gzip, ("own", "one")));
        var two = TestImage.Of(shared, Layer.Of(Compression.Gzip, ("own", "two")));
        var (first, second) = (registry.Add("acme/app:one", one), registry.Add("acme/app:two", two));
        var reached = new TaskCompletionSource();
        var left = 1;
        registry.Script = async http =>
        {
            if (!http.Request.Path.Value!.EndsWith(shared.Digest, StringComparison.Ordinal) || Interlocked.Decrement(ref left) < 0)
            {
                return false;
            }

            http.Response.ContentLength = shared.Bytes.Length;
            await http.Response.Body.WriteAsync(shared.Bytes.AsMemory(0, 2_000_000));
            await http.Response.Body.FlushAsync();
            reached.SetResult();
            await Task.Delay(Timeout.Infinite, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return true;
        };
        var canceled = (string)(await node.Api.StartPullAsync(ns, new { reference = first }))["id"]!;
        await reached.Task;
        var goesOn = (string)(await node.Api.StartPullAsync(ns, new { reference = second }))["id"]!;
        await node.Api.PostAsync($"/v1/jobs/{canceled}/cancel");

        Assert.Equal("canceled", (string?)(await node.Api.EndOfAsync(canceled))["state"]);
        Assert.Equal("succeeded", (string?)(await node.Api.EndOfAsync(goesOn))["state"]);
        Assert.Equal([second], await node.Ctr.ImagesAsync(ns));
        var violations = await Invariants.CheckAsync(node.Containerd, ns);
        Assert.True(violations.Count is 0, string.Join('\n', [.. violations, .. node.Gateway.Log.Split('\n').Where(line => line.Contains(canceled, StringComparison.Ordinal))]));
    }

    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task Moved_tag_replaces_the_target_and_keeps_foreign_labels(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        var ns = nodes.NewName("moved");
        var (before, after) = (TestImage.Small(10), TestImage.Small(11));
        var reference = registry.Add("acme/app:1", before);
        var first = await node.Api.PullAsync(ns, new { reference, labels = new { team = "a" } });
        Assert.True((bool)first["result"]!["changed"]!);
        Assert.Null(first["result"]!["previousDigest"]);
        await node.Ctr.RunAsync(ns, "images", "label", reference, "foreign=stays");

        registry.Add("acme/app:1", after);
        var second = await node.Api.PullAsync(ns, new { reference, labels = new { team = "b" } });

        Assert.True((bool)second["result"]!["changed"]!);
        Assert.Equal(before.Digest, (string?)second["result"]!["previousDigest"]);
        var labels = second["result"]!["image"]!["labels"]!.AsObject();
        Assert.Equal("stays", (string?)labels["foreign"]);
        Assert.Equal("b", (string?)labels["team"]);
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns));
        Assert.Equal(after.ChainIds, (await node.Ctr.SnapshotsAsync(ns)).Select(snapshot => snapshot.Key));
    }

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Policy_if_not_present_asks_the_registry_only_for_what_is_not_whole(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        var ns = nodes.NewName("policy");
        var image = TestImage.Small(12);
        var request = new { reference = registry.Add("acme/app:1", image), policy = "ifNotPresent" };
        Assert.Equal("succeeded", (string?)(await node.Api.PullAsync(ns, request))["state"]);
        var asked = registry.Seen.Count;

        var again = await node.Api.PullAsync(ns, request);
        Assert.False((bool)again["result"]!["changed"]!);
        Assert.Equal(asked, registry.Seen.Count);

        await node.Ctr.RunAsync(ns, "content", "rm", image.Layers[0].Digest);
        Assert.Equal("succeeded", (string?)(await node.Api.PullAsync(ns, request))["state"]);
        Assert.True(registry.Seen.Count > asked);
        Assert.Contains(image.Layers[0].Digest, await node.Ctr.BlobsAsync(ns));
    }

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Reference_with_a_digest_pulls_that_digest_and_refuses_another(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        var ns = nodes.NewName("digest");
        var image = TestImage.Small(13);
        registry.Add("acme/app:1", image);
        var reference = $"{registry.Host}/acme/app@{image.Digest}";
        Assert.Equal("succeeded", (string?)(await node.Api.PullAsync(ns, new { reference }))["state"]);
        Assert.Equal([reference], await node.Ctr.ImagesAsync(ns));

        registry.Script = http =>
        {
            http.Response.Headers["Docker-Content-Digest"] = image.Digest;
            http.Response.ContentType = image.MediaType;
            http.Response.ContentLength = 2;
            return http.Request.Method is "HEAD" ? Task.FromResult(true) : Write();
            async Task<bool> Write()
            {
                await http.Response.Body.WriteAsync("{}"u8.ToArray());
                return true;
            }
        };
        var lied = await node.Api.PullAsync(nodes.NewName("digest"), new { reference });
        Assert.Equal("digest_mismatch", (string?)lied["error"]!["code"]);
    }

    [Theory]
    [InlineData("2")]
    [InlineData(Versions.Transfer)]
    public async Task Blob_another_namespace_holds_is_fetched_and_not_claimed_by_its_digest(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        var image = TestImage.Of(Layer.Random(500_000, 20));
        var reference = registry.Add("acme/app:1", image);
        Assert.Equal("succeeded", (string?)(await node.Api.PullAsync(nodes.NewName("owner"), new { reference }))["state"]);

        // The thief's registry knows the digest, but not the bytes.
        registry.Script = http =>
        {
            var isLayer = http.Request.Path.Value!.EndsWith(image.Layers[0].Digest, StringComparison.Ordinal);
            http.Response.StatusCode = isLayer ? 404 : 200;
            return Task.FromResult(isLayer);
        };
        var thief = nodes.NewName("thief");
        var job = await node.Api.PullAsync(thief, new { reference });
        Assert.Equal("image_not_found", (string?)job["error"]!["code"]);
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, thief));
    }
}
