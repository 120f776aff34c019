using Gateway.TestKit;

namespace Gateway.ContainerdTests.Push;

/// <summary>What a registry has is not sent again, from wherever it has it.</summary>
public sealed class PushAgainTests(Nodes nodes)
{
    private static readonly TestImage Image = TestImage.Of(Layer.Random(200_000, 31), Layer.Random(100_000, 32));

    private static int Things => Image.Blobs.Count + Image.Manifests.Count;

    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task Second_push_sends_nothing(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var registry = await ScriptedRegistry.StartAsync();
        var ns = nodes.NewName("again");
        var reference = await PushTrial.BringAsync(node, ns, Image);
        var target = $"{registry.Host}/acme/app:1";

        var first = PushTrial.Succeeded(await node.Api.PushAsync(ns, new { reference, target }), Image.Digest);
        var sent = registry.Seen.Count(seen => seen.Method is not "HEAD");
        var second = PushTrial.Succeeded(await node.Api.PushAsync(ns, new { reference, target }), Image.Digest);

        Assert.Equal((Things, 0), ((int)first["uploaded"]!["count"]!, (int)first["existing"]!["count"]!));
        Assert.Equal((0, Things), ((int)second["uploaded"]!["count"]!, (int)second["existing"]!["count"]!));
        Assert.Equal((true, false), ((bool)first["changed"]!, (bool)second["changed"]!));
        Assert.Equal(sent, registry.Seen.Count(seen => seen.Method is not "HEAD"));
        await PushTrial.IsCleanAsync(node, ns);
    }

    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task Blobs_of_another_repository_of_the_registry_are_mounted(string version)
    {
        var node = await nodes.NodeAsync(version);
        var registry = await nodes.RegistryAsync();
        var (ns, source, derived) = (nodes.NewName("mount"), nodes.NewName("base"), nodes.NewName("derived"));
        var reference = await PushTrial.PullAsync(node, ns, await registry.PushAsync($"{source}:1", Image));
        var target = $"{registry.Host}/{derived}:1";

        var result = PushTrial.Succeeded(await node.Api.PushAsync(ns, new { reference, target }), Image.Digest);

        var mounted = PushTrial.Mounted(result, version);
        Assert.Equal(Image.Blobs.Count, (int)mounted["count"]!);
        Assert.Equal(Image.Blobs.Values.Sum(blob => blob.LongLength), (long)mounted["bytes"]!);
        Assert.Equal(1, (int)result["uploaded"]!["count"]!);
        Assert.Equal(Image.Digest, await PushTrial.SkopeoDigestAsync(target));

        // The blobs now say that they are there too, for the next push to mount from.
        var row = (await node.Ctr.RunAsync(ns, "content", "ls")).Split('\n').Single(line => line.StartsWith(Image.Layers[0].Digest, StringComparison.Ordinal));
        Assert.Contains($"containerd.io/distribution.source.127.0.0.1={source},{derived}", row, StringComparison.Ordinal);
        await PushTrial.IsCleanAsync(node, ns);
    }

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Same_push_that_runs_is_joined_and_another_target_is_not(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var registry = await ScriptedRegistry.StartAsync();
        var ns = nodes.NewName("join");
        var reference = await PushTrial.BringAsync(node, ns, Image);
        var hold = new TaskCompletionSource();
        registry.Script = async _ =>
        {
            await hold.Task;
            return false;
        };

        var ids = new List<string>();
        foreach (var tag in new[] { "1", "1", "2" })
        {
            ids.Add((string)(await node.Api.StartPushAsync(ns, new { reference, target = $"{registry.Host}/acme/app:{tag}" }))["id"]!);
        }

        hold.SetResult();
        Assert.Equal(ids[0], ids[1]);
        Assert.NotEqual(ids[0], ids[2]);
        foreach (var id in ids)
        {
            PushTrial.Succeeded(await node.Api.EndOfAsync(id), Image.Digest);
        }

        await PushTrial.IsCleanAsync(node, ns);
    }

    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task Registry_that_wants_pieces_gets_them(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var registry = await ScriptedRegistry.StartAsync();
        var ns = nodes.NewName("pieces");
        var image = TestImage.Of(Layer.Random(11_000_000, 33));
        var reference = await PushTrial.BringAsync(node, ns, image);
        registry.Script = http =>
        {
            http.Response.Headers["OCI-Chunk-Min-Length"] = "5000000";
            return Task.FromResult(false);
        };

        PushTrial.Succeeded(await node.Api.PushAsync(ns, new { reference, target = $"{registry.Host}/acme/app:1" }), image.Digest);

        // Containerd's Transfer service sends a blob whole, whatever the registry wants.
        Assert.Equal(version is Versions.Transfer ? 0 : 3, registry.Count("/blobs/uploads/", "PATCH"));
        Assert.Equal(image.Layers[0].Bytes, registry.Pushed.Find("acme/app", image.Layers[0].Digest)!.Bytes);
        await PushTrial.IsCleanAsync(node, ns);
    }
}
