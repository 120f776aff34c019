using Gateway.ContainerdTests.Push;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Archives;

/// <summary>An image that one engine brings, an archive carries and the other engine sends on: it is the same all the way.</summary>
public sealed class EngineRoundTripTests(Nodes nodes)
{
    private const string Source = "containerd.io/distribution.source.";

    public static TheoryData<string, string> Ways => new(Versions.All.SelectMany(version => new[] { (version, Versions.Transfer), (Versions.Transfer, version) }));

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Image_that_goes_from_engine_to_engine_by_an_archive_and_a_registry_stays_what_it_is(string first, string second)
    {
        var (from, to) = (await nodes.NodeAsync(first), await nodes.NodeAsync(second));
        await using var source = await ScriptedRegistry.StartAsync();
        await using var target = await ScriptedRegistry.StartAsync();
        await using var pulled = from.Containerd.NewNamespace(nodes.NewName("pulled"));
        await using var carried = to.Containerd.NewNamespace(nodes.NewName("carried"));
        await using var again = to.Containerd.NewNamespace(nodes.NewName("again"));
        var amd = TestImage.Of(Layer.Of(Compression.Gzip, ("a", "1")), Layer.Of(Compression.Zstd, ("b", "2")), Layer.Of(Compression.None, ("c", "3")));
        var index = TestImage.Index(docker: false, ("linux/amd64", amd), ("linux/arm64", TestImage.Small(91, "linux/arm64")));
        var sent = $"{target.Host}/acme/app:1";

        var reference = await PullAsync(from, pulled, source.Add("acme/app:1", index));
        await to.Api.ImportAsync(carried.Name, await from.Api.ExportAsync(pulled.Name, reference));
        PushTrial.Succeeded(await to.Api.PushAsync(carried.Name, new { reference, target = sent }), index.Digest);
        await PullAsync(to, again, sent);

        foreach (var (space, name) in new[] { (pulled, reference), (carried, reference), (again, sent) })
        {
            var ctr = space.Daemon.Ctr;
            Assert.Equal(index.Digest, await ctr.TargetOfAsync(space.Name, name));
            Assert.Matches(Ctr.Complete, await ctr.CheckAsync(space.Name, name));
            Assert.Equal(index.Blobs.Keys.Concat(index.Manifests.Keys).Order(), (await ctr.BlobsAsync(space.Name)).Order());
            Assert.Equal(Chain(amd), (await ctr.SnapshotsAsync(space.Name)).Order());
            Assert.Empty(await space.ViolationsAsync());
        }

        Assert.Equal(await LabelsAsync(pulled), await LabelsAsync(again));
        // A push marks blobs and no manifests with where they are, as what a registry mounts is blobs.
        Assert.Equal((await LabelsAsync(pulled)).Where(IsNoSource), (await LabelsAsync(carried)).Where(IsNoSource));
        Assert.Equal(index.Blobs.Keys.Order(), (await LabelsAsync(carried)).Where(label => !IsNoSource(label)).Select(label => label.Split(' ')[0]));
    }

    // All of it, and then this machine's platform unpacked, as an import has it.
    private static async Task<string> PullAsync(Node node, ContainerdNamespace space, string reference)
    {
        Assert.Equal("succeeded", (string?)(await node.Api.PullAsync(space.Name, new { reference, allPlatforms = true, unpack = false }))["state"]);
        Assert.Equal("succeeded", (string?)(await node.Api.PullAsync(space.Name, new { reference }))["state"]);
        return reference;
    }

    private static IEnumerable<(string Key, string Parent, string Kind)> Chain(TestImage image) =>
        image.ChainIds.Select((key, at) => (key, at is 0 ? "" : image.ChainIds[at - 1], "Committed")).Order();

    // One a line: digest, key and value.
    private static async Task<string[]> LabelsAsync(ContainerdNamespace space) =>
        [.. (await space.Daemon.Ctr.LabelsAsync(space.Name)).SelectMany(blob => blob.Value, (blob, label) => $"{blob.Key} {label.Key}={label.Value}").Order(StringComparer.Ordinal)];

    private static bool IsNoSource(string label) => !label.Contains(Source, StringComparison.Ordinal);
}
