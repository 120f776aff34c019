using Gateway.Containerd.Services.Containers;
using Gateway.Containerd.Services.Images;

namespace Gateway.Containerd;

/// <summary>
/// What leads to what in a namespace, as the daemon's garbage collector follows it (gc.go): so what would go, if some images went, can be told
/// without trying. Read in an order that never takes new things for unneeded ones: names and users before what they need.
/// </summary>
public sealed class ResourceGraph
{
    private readonly Dictionary<ResourceKey, Node> nodes;
    private readonly IReadOnlyList<HeldLease> leases;

    internal ResourceGraph(
        IReadOnlyList<Image> images, IReadOnlyList<Container> containers, IReadOnlyList<HeldLease> leases, Dictionary<ResourceKey, Node> nodes) =>
        (Images, Containers, this.leases, this.nodes) = (images, containers, leases, nodes);

    /// <summary>All image records.</summary>
    public IReadOnlyList<Image> Images { get; }

    /// <summary>All containers.</summary>
    public IReadOnlyList<Container> Containers { get; }

    /// <summary>All that any lease lists.</summary>
    public IEnumerable<ResourceKey> Leased => leases.SelectMany(lease => lease.Resources);

    /// <summary>Bytes of a blob; 0 for what is no blob.</summary>
    public long SizeOf(ResourceKey key) => nodes.TryGetValue(key, out var node) ? node.Size : 0;

    /// <summary>Snapshots that a blob leads to by its own labels: the top of the chain it was unpacked to, by snapshotter.</summary>
    public IEnumerable<ResourceKey> SnapshotsOf(ResourceKey blob) =>
        nodes.TryGetValue(blob, out var node) ? node.LeadsTo.Where(key => key.Snapshotter is not null) : [];

    /// <summary>What is there of the given and of all that they lead to.</summary>
    public HashSet<ResourceKey> ReachableFrom(IEnumerable<ResourceKey> roots)
    {
        var reached = new HashSet<ResourceKey>();
        var waiting = new Stack<ResourceKey>(roots);
        while (waiting.TryPop(out var key))
        {
            if (nodes.TryGetValue(key, out var node) && reached.Add(key))
            {
                foreach (var next in node.LeadsTo)
                {
                    waiting.Push(next);
                }
            }
        }

        return reached;
    }

    /// <summary>What a garbage collection leaves if of all image records only these were there.</summary>
    public HashSet<ResourceKey> KeptBy(IEnumerable<Image> images)
    {
        var roots = images.SelectMany(image => ResourceKey.NamedBy(image.Labels).Prepend(ResourceKey.Content(image.Target.Digest)))
            .Concat(Containers.SelectMany(container => ResourceKey.NamedBy(container.Labels).Prepend(ResourceKey.Snapshot(container.Snapshotter, container.SnapshotKey))))
            .Concat(leases.Where(lease => !lease.IsFlat).SelectMany(lease => lease.Resources))
            .Concat(nodes.Where(node => node.Value.IsRoot).Select(node => node.Key));
        var kept = ReachableFrom(roots);
        kept.UnionWith(leases.Where(lease => lease.IsFlat).SelectMany(lease => lease.Resources).Where(nodes.ContainsKey));
        return kept;
    }

    internal sealed record Node(long Size, bool IsRoot, IReadOnlyList<ResourceKey> LeadsTo);

    internal sealed record HeldLease(bool IsFlat, IReadOnlyList<ResourceKey> Resources);
}
