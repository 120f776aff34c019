using System.Text.Json.Nodes;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Pull;

public sealed class PullPlatformsTests(Nodes nodes)
{
    private static readonly TestImage Amd = TestImage.Small(1, "linux/amd64");
    private static readonly TestImage Arm = TestImage.Small(2, "linux/arm64");
    private static readonly TestImage Arm7 = TestImage.Small(3, "linux/arm/v7");
    private static readonly TestImage Attestation = TestImage.Raw("application/vnd.oci.image.manifest.v1+json", "{\"schemaVersion\":2}");

    public static TheoryData<string, bool> VersionsAndFormats
    {
        get
        {
            var cases = new TheoryData<string, bool>();
            foreach (var version in Versions.WithEngines)
            {
                cases.Add(version, false);
                cases.Add(version, true);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(VersionsAndFormats))]
    public async Task Node_platform_alone_is_pulled_from_an_index(string version, bool docker)
    {
        var (job, node, ns) = await PullAsync(version, Index(docker), new JsonObject());
        Succeeded(job);
        var blobs = await node.Ctr.BlobsAsync(ns);
        Assert.Contains(Amd.ConfigDigest, blobs);
        Assert.DoesNotContain(Arm.Digest, blobs);
        Assert.DoesNotContain(Arm.ConfigDigest, blobs);
        Assert.Equal(Amd.ChainIds, (await node.Ctr.SnapshotsAsync(ns)).Select(snapshot => snapshot.Key));
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns));
    }

    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task Several_platforms_are_pulled_and_each_is_unpacked(string version)
    {
        var (job, node, ns) = await PullAsync(version, Index(false), new JsonObject { ["platforms"] = new JsonArray("linux/arm64", "linux/x86_64") });
        Succeeded(job);
        Assert.Equal(Amd.ChainIds.Concat(Arm.ChainIds).Order(), (await node.Ctr.SnapshotsAsync(ns)).Select(snapshot => snapshot.Key).Order());
        Assert.DoesNotContain(Arm7.ConfigDigest, await node.Ctr.BlobsAsync(ns));
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns));
    }

    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task All_platforms_are_all_images_and_no_attestation(string version)
    {
        var (job, node, ns) = await PullAsync(version, Index(false), new JsonObject { ["allPlatforms"] = true });
        Succeeded(job);
        var blobs = await node.Ctr.BlobsAsync(ns);
        Assert.Contains(Arm7.ConfigDigest, blobs);
        Assert.DoesNotContain(Attestation.Digest, blobs);
        Assert.Equal(Amd.ChainIds.Concat(Arm.ChainIds).Concat(Arm7.ChainIds).Order(), (await node.Ctr.SnapshotsAsync(ns)).Select(snapshot => snapshot.Key).Order());
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns));
    }

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Better_variant_is_preferred_and_a_lesser_one_accepted(string version)
    {
        var (job, node, ns) = await PullAsync(version, Index(false), new JsonObject { ["platforms"] = new JsonArray("linux/arm/v8") });
        Succeeded(job);
        Assert.Contains(Arm7.ConfigDigest, await node.Ctr.BlobsAsync(ns));
    }

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Platform_the_index_lacks_fails_with_its_own_code_and_the_offers(string version)
    {
        var (job, node, ns) = await PullAsync(version, Index(false), new JsonObject { ["platforms"] = new JsonArray("linux/riscv64") });
        Assert.Equal("platform_not_found", (string?)job["error"]!["code"]);
        Assert.Contains("linux/arm64", (string?)job["error"]!["detail"]);
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns));
    }

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Entry_without_a_platform_is_judged_by_its_config(string version)
    {
        var fits = TestImage.Index(docker: false, (null, Amd));
        var (job, _, _) = await PullAsync(version, fits, new JsonObject());
        Succeeded(job);

        var other = TestImage.Index(docker: false, (null, Arm));
        (job, var node, var ns) = await PullAsync(version, other, new JsonObject());
        Assert.Equal("platform_not_found", (string?)job["error"]!["code"]);
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns));
    }

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Index_inside_an_index_is_followed(string version)
    {
        var outer = TestImage.Index(docker: false, (null, TestImage.Index(docker: false, ("linux/amd64", Amd), ("linux/arm64", Arm))));
        var (job, node, ns) = await PullAsync(version, outer, new JsonObject());
        Succeeded(job);
        Assert.Equal(outer.Digest, (string?)job["result"]!["image"]!["target"]!["digest"]);
        Assert.Equal(Amd.ChainIds, (await node.Ctr.SnapshotsAsync(ns)).Select(snapshot => snapshot.Key));
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns));
    }

    private static TestImage Index(bool docker) =>
        TestImage.Index(docker, ("linux/arm64", Arm), ("unknown/unknown", Attestation), ("linux/amd64", Amd), ("linux/arm/v7", Arm7));

    private static void Succeeded(JsonObject job) => Assert.True((string?)job["state"] is "succeeded", job.ToJsonString());

    private async Task<(JsonObject Job, Node Node, string Namespace)> PullAsync(string version, TestImage image, JsonObject request)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        var ns = nodes.NewName("platforms");
        request["reference"] = registry.Add("acme/app:1", image);
        return (await node.Api.PullAsync(ns, request), node, ns);
    }
}
