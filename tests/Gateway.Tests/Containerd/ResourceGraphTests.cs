using Gateway.Containerd;
using Gateway.Containerd.Services.Containers;
using Gateway.Containerd.Services.Images;
using Gateway.Containerd.Types;

namespace Gateway.Tests.Containerd;

/// <summary>The garbage collector's rules, on graphs small enough to see.</summary>
public sealed class ResourceGraphTests
{
    private static readonly ResourceKey Manifest = ResourceKey.Content("manifest");
    private static readonly ResourceKey Config = ResourceKey.Content("config");
    private static readonly ResourceKey Layer = ResourceKey.Content("layer");
    private static readonly ResourceKey Lower = ResourceKey.Snapshot("overlayfs", "lower");
    private static readonly ResourceKey Upper = ResourceKey.Snapshot("overlayfs", "upper");

    private readonly Dictionary<ResourceKey, ResourceGraph.Node> nodes = new()
    {
        [Manifest] = new(1, false, [Config, Layer]),
        [Config] = new(2, false, [Upper]),
        [Layer] = new(4, false, []),
        [Upper] = new(0, false, [Lower]),
        [Lower] = new(0, false, []),
    };

    [Theory]
    [InlineData("containerd.io/gc.ref.content", "content")]
    [InlineData("containerd.io/gc.ref.content.0", "content")]
    [InlineData("containerd.io/gc.ref.content.config", "content")]
    [InlineData("containerd.io/gc.ref.content/x", "content")]
    [InlineData("containerd.io/gc.ref.contents", null)]
    [InlineData("containerd.io/gc.ref.snapshot.native", "snapshots/native")]
    [InlineData("containerd.io/gc.ref.snapshot.native/second", "snapshots/native")]
    [InlineData("containerd.io/gc.ref.snapshot", null)]
    [InlineData("containerd.io/uncompressed", null)]
    [InlineData("gc.ref.content.0", null)]
    public void A_label_leads_where_its_key_says(string label, string? type) =>
        Assert.Equal(type is null ? [] : [new ResourceKey(type, "id")], ResourceKey.NamedBy([KeyValuePair.Create(label, "id")]));

    [Fact]
    public void An_image_keeps_all_it_leads_to_and_what_is_not_there_is_passed_over()
    {
        nodes[Manifest] = nodes[Manifest] with { LeadsTo = [Config, Layer, ResourceKey.Content("absent")] };

        Assert.Equal(nodes.Keys.ToHashSet(), Graph().KeptBy([ImageOf("manifest")]));
        Assert.Empty(Graph().KeptBy([]));
        Assert.Empty(Graph().KeptBy([ImageOf("absent")]));
        Assert.Equal(7, Graph().KeptBy([ImageOf("manifest")]).Sum(Graph().SizeOf));
    }

    [Fact]
    public void A_circle_ends()
    {
        nodes[Layer] = new(4, false, [Manifest]);
        Assert.Equal(nodes.Keys.ToHashSet(), Graph().ReachableFrom([Layer]));
    }

    [Fact]
    public void Labels_of_an_image_lead_too()
    {
        var image = ImageOf("absent");
        image.Labels["containerd.io/gc.ref.content.extra"] = "layer";
        Assert.Equal([Layer], Graph().KeptBy([image]));
    }

    [Fact]
    public void A_container_keeps_its_chain_and_what_its_labels_name()
    {
        var container = new Container { Id = "c", Snapshotter = "overlayfs", SnapshotKey = "upper" };
        container.Labels["containerd.io/gc.ref.content.checkpoint"] = "layer";
        Assert.Equal([Layer, Lower, Upper], Sorted(Graph([container]).KeptBy([])));
        Assert.Empty(Graph([new Container { Id = "without" }]).KeptBy([]));
    }

    [Fact]
    public void A_lease_keeps_what_it_lists_and_all_that_leads_on_unless_it_is_flat()
    {
        Assert.Equal([Config, Lower, Upper], Sorted(Graph(leases: [new(IsFlat: false, [Config])]).KeptBy([])));
        Assert.Equal([Config], Graph(leases: [new(IsFlat: true, [Config])]).KeptBy([]));
        Assert.Empty(Graph(leases: [new(IsFlat: true, [ResourceKey.Content("absent")]), new(IsFlat: false, [new("ingests", "layer")])]).KeptBy([]));
    }

    [Fact]
    public void A_root_keeps_itself_and_what_it_leads_to()
    {
        nodes[Upper] = nodes[Upper] with { IsRoot = true };
        Assert.Equal([Lower, Upper], Sorted(Graph().KeptBy([])));
    }

    [Fact]
    public void A_blob_names_the_snapshots_it_was_unpacked_to()
    {
        Assert.Equal([Upper], Graph().SnapshotsOf(Config));
        Assert.Empty(Graph().SnapshotsOf(Manifest));
        Assert.Empty(Graph().SnapshotsOf(ResourceKey.Content("absent")));
    }

    [Theory]
    [InlineData("plain", "image==\"plain\"")]
    [InlineData("with \"quotes\" and \\", "image==\"with \\\"quotes\\\" and \\\\\"")]
    [InlineData("line\nbreak", "image==\"line\\nbreak\"")]
    public void A_filter_takes_any_value(string value, string filter) => Assert.Equal(filter, ContainerStore.EqualsFilter("image", value));

    private ResourceGraph Graph(IReadOnlyList<Container>? containers = null, IReadOnlyList<ResourceGraph.HeldLease>? leases = null) =>
        new([], containers ?? [], leases ?? [], nodes);

    private static Image ImageOf(string digest) => new() { Name = "image", Target = new ContentDescriptor { Digest = digest } };

    private static ResourceKey[] Sorted(IEnumerable<ResourceKey> keys) => [.. keys.OrderBy(key => key.Type + key.Id, StringComparer.Ordinal)];
}
