using Gateway.TestKit;
using Microsoft.AspNetCore.Http;

namespace Gateway.ContainerdTests.KitTests;

/// <summary>Each invariant must be able to fail: what it looks for is planted, and found.</summary>
public sealed class InvariantsTests(Nodes nodes, Daemons daemons)
{
    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Image_that_containerd_pulled_itself_violates_nothing(string version)
    {
        await using var ns = await PulledAsync(version, TestImage.Small(4));
        Assert.Empty(await ns.ViolationsAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Planted_lease_is_found(string version)
    {
        await using var ns = await PulledAsync(version, TestImage.Small(4));
        await ns.CtrAsync("leases", "create", "--id", "planted");
        Assert.Equal(["lease planted is left"], await ns.ViolationsAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Lease_of_the_gateways_without_owner_or_end_is_found(string version)
    {
        await using var ns = await PulledAsync(version, TestImage.Small(4));
        await ns.CtrAsync("leases", "create", "--id", "gw-whole", "gateway/job=a");
        await ns.CtrAsync("leases", "create", "--id", "gw-nobody");
        await ns.CtrAsync("leases", "create", "--id", "gw-endless", "--expires", "0", "gateway/job=a");
        string[] faults = ["lease gw-nobody has no label gateway/", "lease gw-endless has no label containerd.io/gc.expire="];
        Assert.Equal(faults.Order(), (await Invariants.CheckMomentAsync(ns.Daemon, ns.Name)).Order());
        Assert.Equal([.. faults.Order(), "lease gw-endless is left", "lease gw-nobody is left", "lease gw-whole is left"],
            (await ns.ViolationsAsync()).OrderBy(fault => fault.EndsWith("left", StringComparison.Ordinal)).ThenBy(fault => fault, StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Layer_without_its_labels_is_found(string version)
    {
        var image = TestImage.Small(4);
        await using var ns = await PulledAsync(version, image);
        var (layer, source) = (image.Layers[0].Digest, (await ns.Daemon.Ctr.LabelsOfAsync(ns.Name, image.Digest)).Keys.Single(label => label.StartsWith("containerd.io/distribution.source.", StringComparison.Ordinal)));
        await ns.CtrAsync("content", "label", layer, "containerd.io/uncompressed=", $"{source}=");
        Assert.Equal([$"blob {layer} lacks {source} of its manifest", $"blob {layer} is unpacked and not labeled with {image.Layers[0].DiffId}"], await ns.ViolationsAsync());
    }

    // No daemon takes a parent away from under its child, so another tells of one.
    [Fact]
    public async Task Snapshot_without_its_parent_is_found()
    {
        // ListSnapshotsResponse: info = 1, whose name = 1, parent = 2, kind = 3 (COMMITTED = 3).
        byte[] info = [0x0a, 5, .. "child"u8, 0x12, 4, .. "gone"u8, 0x18, 3];
        var folder = Repo.NewFolder("fake");
        var address = Path.Combine(folder, "containerd.sock");
        await using (await FakeContainerd.StartAsync(address, async http =>
        {
            http.Response.ContentType = "application/grpc";
            http.Response.AppendTrailer("grpc-status", "0");
            if (http.Request.Path.Value is "/containerd.services.snapshots.v1.Snapshots/List")
            {
                await http.Response.Body.WriteAsync((byte[])[0, 0, 0, 0, (byte)(info.Length + 2), 0x0a, (byte)info.Length, .. info]);
            }
        }))
        {
            Assert.Equal(["snapshot child has the parent gone, which is not there", "snapshot child is left though no image needs it"],
                await Invariants.CheckAsync(new ContainerdPlace("ctr", address, folder, folder), "any"));
        }

        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Planted_ingest_is_found_in_the_record_and_on_disk(string version)
    {
        await using var ns = await PulledAsync(version, TestImage.Small(4));
        await RawGrpc.LeaveIngestAsync(ns.Daemon.Address, ns.Name, "layer-planted", new byte[10]);
        Assert.Equal(["ingest layer-planted is left", $"the data of an ingest of {ns.Name} is left on disk"], await ns.ViolationsAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Planted_active_snapshot_is_found(string version)
    {
        await using var ns = await PulledAsync(version, TestImage.Small(4));
        await ns.CtrAsync("snapshots", "prepare", "extract-1-abcd sha256:planted");
        Assert.Equal(["snapshot extract-1-abcd sha256:planted is Active"], await ns.ViolationsAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Missing_blob_is_found(string version)
    {
        var image = TestImage.Small(4);
        await using var ns = await PulledAsync(version, image);
        Assert.Empty(await Invariants.CheckMomentAsync(ns.Daemon, ns.Name));
        await ns.CtrAsync("content", "rm", image.Layers[0].Digest);
        Assert.Contains("incomplete", Assert.Single(await Invariants.CheckMomentAsync(ns.Daemon, ns.Name)), StringComparison.Ordinal);
        Assert.Contains($"blob {image.Layers[0].Digest} of {(await ns.Daemon.Ctr.ImagesAsync(ns.Name))[0]} is missing", await ns.ViolationsAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Blob_of_other_bytes_is_found(string version)
    {
        var image = TestImage.Of(Layer.Of(Compression.Gzip, ("broken", Guid.NewGuid().ToString())));
        await using var ns = await PulledAsync(version, image);
        await using (var file = new FileStream(ns.Daemon.BlobPath(image.Layers[0].Digest), FileMode.Open, FileAccess.ReadWrite))
        {
            file.Position = file.Length - 1;
            file.WriteByte((byte)(image.Layers[0].Bytes[^1] ^ 1));
        }

        Assert.Equal([$"blob {image.Layers[0].Digest} has other bytes"], await ns.ViolationsAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Blob_and_snapshot_that_no_image_needs_are_found(string version)
    {
        var image = TestImage.Small(4);
        await using var ns = await PulledAsync(version, image);
        await ns.CtrAsync("content", "label", image.Digest, "containerd.io/gc.root=now");
        await ns.CtrAsync("images", "rm", (await ns.Daemon.Ctr.ImagesAsync(ns.Name))[0]);
        var expected = image.Blobs.Keys.Append(image.Digest).Select(blob => $"blob {blob} is left though no image needs it")
            .Append($"snapshot {image.ChainIds[0]} is left though no image needs it");
        Assert.Equal(expected.Order(), (await ns.ViolationsAsync()).Order());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Blob_that_does_not_hold_its_children_is_found(string version)
    {
        var image = TestImage.Small(4);
        await using var ns = await PulledAsync(version, image);
        await ns.CtrAsync("content", "label", image.Layers[0].Digest, "containerd.io/gc.root=now"); // else the collector takes it
        await ns.CtrAsync("content", "label", image.Digest, "containerd.io/gc.ref.content.l.0=");
        Assert.Equal([$"blob {image.Digest} of {(await ns.Daemon.Ctr.ImagesAsync(ns.Name))[0]} does not hold {image.Layers[0].Digest}"], await ns.ViolationsAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Config_that_names_a_missing_snapshot_is_found(string version)
    {
        var image = TestImage.Small(4);
        await using var ns = await PulledAsync(version, image);
        await ns.CtrAsync("snapshots", "rm", image.ChainIds[0]);
        Assert.Equal([$"config {image.ConfigDigest} names the snapshot {image.ChainIds[0]}, which is not there"], await ns.ViolationsAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Config_that_names_the_snapshot_of_another_layer_is_found(string version)
    {
        var image = TestImage.Of(Layer.Random(1_000, 3), Layer.Random(1_000, 4));
        await using var ns = await PulledAsync(version, image);
        await ns.CtrAsync("snapshots", "label", image.ChainIds[1], "containerd.io/gc.root=now"); // else the collector takes it
        await ns.CtrAsync("content", "label", image.ConfigDigest, $"containerd.io/gc.ref.snapshot.overlayfs={image.ChainIds[0]}");
        Assert.Equal([$"config {image.ConfigDigest} names the snapshot {image.ChainIds[0]}, which is not its own"], await ns.ViolationsAsync());
        await ns.CtrAsync("snapshots", "label", image.ChainIds[1], "containerd.io/gc.root=");
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Index_of_which_no_manifest_is_left_is_found(string version)
    {
        await using var ns = await PulledAsync(version, TestImage.Index(docker: false, ("linux/amd64", TestImage.Small(4))));
        var name = (await ns.Daemon.Ctr.ImagesAsync(ns.Name))[0];
        var index = await ns.Daemon.Ctr.TargetOfAsync(ns.Name, name);
        foreach (var blob in (await ns.Daemon.Ctr.BlobsAsync(ns.Name)).Where(blob => blob != index))
        {
            await ns.CtrAsync("content", "rm", blob);
        }

        Assert.Contains($"index {index} of {name} has no manifest", await ns.ViolationsAsync());
    }

    private async Task<ContainerdNamespace> PulledAsync(string version, TestImage image)
    {
        var daemon = await daemons.OfAsync(version);
        var ns = daemon.NewNamespace("invariants");
        await daemon.Ctr.PullAsync(ns.Name, await (await nodes.RegistryAsync()).PushAsync(nodes.NewName("invariants"), image), "--plain-http");
        return ns;
    }
}
