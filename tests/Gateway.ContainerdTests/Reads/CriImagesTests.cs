using Gateway.ContainerdTests.Lifecycle;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Reads;

/// <summary>Images that containerd's own CRI made, as for a kubelet.</summary>
public sealed class CriImagesTests
{
    private const string Managed = "io.cri-containerd.image", Pinned = "io.cri-containerd.pinned";

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Records_of_CRI_are_shown_as_what_they_are_and_go_together(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var (app, pause) = (TestImage.Small(305), TestImage.Small(306));
        var (appName, pauseName) = (registry.Add("acme/app:1", app), registry.Add("acme/pause:1", pause));
        await using var node = await Node.StartAsync(version, withCri: true, moreConfig: $"[plugins.\"io.containerd.grpc.v1.cri\"]\n  sandbox_image = \"{pauseName}\"");
        await using var ns = new ContainerdNamespace(node.Containerd, "k8s.io");
        await node.ProtectAsync(ns.Name);
        Assert.Equal(app.ConfigDigest, await RawCri.PullAsync(node.Containerd, appName));
        Assert.Equal(pause.ConfigDigest, await RawCri.PullAsync(node.Containerd, pauseName));

        var appRecords = Records(appName, app);
        var list = (await node.Api.GetAsync("/v1/namespaces/k8s.io/images?view=full")).Json["items"]!.AsArray();

        Assert.Equal((await node.Ctr.ImagesAsync(ns.Name)).Order(StringComparer.Ordinal), list.Select(image => (string)image!["name"]!).Order(StringComparer.Ordinal));
        Assert.Equal(appRecords.Concat(Records(pauseName, pause)).Order(), list.Select(image => ((string)image!["name"]!, (string)image["kind"]!)).Order());
        foreach (var (name, kind) in appRecords)
        {
            var view = (await node.Api.GetAsync($"/v1/namespaces/k8s.io/images/{Uri.EscapeDataString(name)}")).Json;
            Assert.Equal((name, kind, app.Digest, true), ((string)view["name"]!, (string)view["kind"]!, (string)view["target"]!["digest"]!, (bool)view["available"]!));
            Assert.Equal("managed", (string?)view["labels"]![Managed]);
            Assert.True((bool)view["platforms"]![0]!["unpacked"]!["overlayfs"]!);
        }

        // What a pod's sandbox needs is pinned from 1.7 on.
        var pinned = (await node.Ctr.RunAsync(ns.Name, "images", "ls", $"name=={pauseName}")).Contains(Pinned, StringComparison.Ordinal);
        Assert.Equal(version is not "1.6", pinned);
        Assert.Equal(pinned, (await node.Api.GetAsync($"/v1/namespaces/k8s.io/images/{pauseName}")).Json["labels"]![Pinned] is not null);
        var result = await PruneTests.PruneAsync(node, ns, new { });

        Assert.Equal((pinned ? appRecords : [.. appRecords, .. Records(pauseName, pause)]).Select(record => record.Name).Order(StringComparer.Ordinal), PruneTests.Names(result).Order(StringComparer.Ordinal));
        Assert.Equal(pinned ? pause.Blobs.Keys.Concat(pause.Manifests.Keys).Order() : [], (await node.Ctr.BlobsAsync(ns.Name)).Order());
        await Wait.UntilAsync(async () => (await RawCri.IdsAsync(node.Containerd)).SequenceEqual(pinned ? [pause.ConfigDigest] : []), "CRI has heard of it");
    }

    private static (string Name, string Kind)[] Records(string reference, TestImage image) =>
        [(reference, "tag"), ($"{reference[..reference.LastIndexOf(':')]}@{image.Digest}", "digest"), (image.ConfigDigest, "configId")];
}
