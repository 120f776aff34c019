using Gateway.Containerd;
using Gateway.Containerd.Services.Containers;
using Gateway.Containerd.Services.Images;
using Gateway.Containerd.Types;
using Gateway.Images.Prune;
using Gateway.Tests.Jobs;

namespace Gateway.Tests.Images;

public sealed class PruneNeedsTests
{
    private static readonly ResourceKey Top = ResourceKey.Snapshot("overlayfs", "top");

    private readonly Dictionary<ResourceKey, ResourceGraph.Node> nodes = new()
    {
        [ResourceKey.Content("manifest")] = new(1, false, [ResourceKey.Content("config")]),
        [ResourceKey.Content("config")] = new(1, false, [Top]),
        [Top] = new(0, false, []),
        [ResourceKey.Snapshot("overlayfs", "container")] = new(0, false, [ResourceKey.Snapshot("overlayfs", "upper")]),
        [ResourceKey.Snapshot("overlayfs", "upper")] = new(0, false, [Top]),
        [ResourceKey.Snapshot("native", "container")] = new(0, false, []),
    };

    [Fact]
    public void An_image_that_nothing_needs_may_go() => Assert.Null(Reason());

    [Theory]
    [InlineData("app:1", "", "")]
    [InlineData("other", "overlayfs", "container")]
    [InlineData("other", "overlayfs", "top")]
    public void A_container_holds_it_by_name_or_by_a_snapshot_on_its_chain(string image, string snapshotter, string key) =>
        Assert.Equal(KeepReason.UsedByContainer, Reason(containers: [new Container { Image = image, Snapshotter = snapshotter, SnapshotKey = key }]));

    [Fact]
    public void A_container_of_something_else_does_not() =>
        Assert.Null(Reason(containers: [new Container { Image = "app:12", Snapshotter = "native", SnapshotKey = "container" }]));

    [Theory]
    [InlineData("content", "manifest", true)]
    [InlineData("content", "config", true)]
    [InlineData("content", "other", false)]
    [InlineData("snapshots/overlayfs", "top", true)]
    [InlineData("snapshots/overlayfs", "container", true)]
    [InlineData("snapshots/native", "container", false)]
    [InlineData("images", "app:1", true)]
    [InlineData("images", "app:2", false)]
    [InlineData("ingests", "manifest", false)]
    public void A_lease_holds_it_by_anything_of_it(string type, string id, bool holds) =>
        Assert.Equal(holds ? KeepReason.Leased : null, Reason(leases: [new(IsFlat: false, [new(type, id)])]));

    [Theory]
    [InlineData("""{"reference": "app:1"}""", true)]
    [InlineData("""{"work": [{"deep": ["app:1"]}]}""", true)]
    [InlineData("""{"digest": "manifest"}""", true)]
    [InlineData("""{"app:1": "x", "n": 1, "b": true, "none": null}""", false)]
    [InlineData("""{"reference": "app:12"}""", false)]
    public void A_job_holds_it_by_its_name_or_digest_anywhere_in_the_request(string request, bool holds)
    {
        Assert.Equal(holds ? KeepReason.NeededByJob : null, Reason(SampleJob.New() with { Request = request }));
        Assert.Null(Reason(SampleJob.New() with { Request = request, Kind = "image.prune" }));
    }

    [Fact]
    public void A_pin_holds_it_whatever_name_it_stands_on()
    {
        var pinned = new Image { Name = "second", Target = new ContentDescriptor { Digest = "manifest" }, Labels = { ["io.cri-containerd.pinned"] = "pinned" } };
        Assert.Equal(KeepReason.Pinned, new PruneNeeds(new ResourceGraph([], [], [], nodes), []).ReasonToKeep([App(), pinned]));
        pinned.Labels["io.cri-containerd.pinned"] = "";
        Assert.Null(new PruneNeeds(new ResourceGraph([], [], [], nodes), []).ReasonToKeep([App(), pinned]));
    }

    private KeepReason? Reason(Gateway.Jobs.JobRecord? job = null, Container[]? containers = null, ResourceGraph.HeldLease[]? leases = null) =>
        new PruneNeeds(new ResourceGraph([], containers ?? [], leases ?? [], nodes), job is null ? [] : [job]).ReasonToKeep([App()]);

    private static Image App() => new() { Name = "app:1", Target = new ContentDescriptor { Digest = "manifest" } };
}
