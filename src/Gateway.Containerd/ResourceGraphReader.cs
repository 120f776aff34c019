using Gateway.Containerd.Services.Content;
using Gateway.Containerd.Services.Images;
using Gateway.Containerd.Services.Leases;
using Gateway.Containerd.Services.Snapshots;

namespace Gateway.Containerd;

/// <summary>Reads a namespace's <see cref="ResourceGraph"/>.</summary>
public static class ResourceGraphReader
{
    /// <summary>The graph as it stands now; some hundred bytes of memory for each blob and snapshot of the namespace.</summary>
    public static async Task<ResourceGraph> ReadGraphAsync(this NamespacedClient containerd, IReadOnlyList<string> snapshotters, CancellationToken cancel)
    {
        var images = (await containerd.Images.ListAsync(new ListImagesRequest(), cancellationToken: cancel)).Images;
        var leases = await LeasesAsync(containerd, cancel);
        var containers = await containerd.ContainersAsync([], cancel);
        var ingests = (await containerd.Content.ListStatusesAsync(new ListStatusesRequest(), cancellationToken: cancel)).Statuses;
        var awaited = ingests.Select(ingest => ingest.Expected).ToHashSet(StringComparer.Ordinal);
        var nodes = new Dictionary<ResourceKey, ResourceGraph.Node>();
        await AddContentAsync(containerd, nodes, awaited, cancel);
        foreach (var snapshotter in snapshotters)
        {
            await AddSnapshotsAsync(containerd, snapshotter, nodes, cancel);
        }

        return new ResourceGraph(images, containers, leases, nodes);
    }

    private static async Task<IReadOnlyList<ResourceGraph.HeldLease>> LeasesAsync(NamespacedClient containerd, CancellationToken cancel)
    {
        var leases = new List<ResourceGraph.HeldLease>();
        foreach (var lease in (await containerd.Leases.ListAsync(new ListRequest(), cancellationToken: cancel)).Leases)
        {
            var resources = await containerd.LeaseResourcesAsync(lease.Id, cancel);
            leases.Add(new(lease.Labels.ContainsKey(LabelNames.GcFlat), resources.Select(resource => new ResourceKey(resource.Type, resource.Id)).ToArray()));
        }

        return leases;
    }

    private static async Task AddContentAsync(
        NamespacedClient containerd, Dictionary<ResourceKey, ResourceGraph.Node> nodes, HashSet<string> awaited, CancellationToken cancel)
    {
        await foreach (var blob in containerd.BlobsAsync(cancel))
        {
            var isRoot = blob.Labels.ContainsKey(LabelNames.GcRoot) || awaited.Contains(blob.Digest);
            nodes[ResourceKey.Content(blob.Digest)] = new(blob.Size, isRoot, ResourceKey.NamedBy(blob.Labels).ToArray());
        }
    }

    private static async Task AddSnapshotsAsync(
        NamespacedClient containerd, string snapshotter, Dictionary<ResourceKey, ResourceGraph.Node> nodes, CancellationToken cancel)
    {
        using var call = containerd.Snapshots.List(new ListSnapshotsRequest { Snapshotter = snapshotter }, cancellationToken: cancel);
        while (await call.ResponseStream.MoveNext(cancel))
        {
            foreach (var snapshot in call.ResponseStream.Current.Info)
            {
                var parent = snapshot.Parent.Length is 0 ? [] : new[] { ResourceKey.Snapshot(snapshotter, snapshot.Parent) };
                nodes[ResourceKey.Snapshot(snapshotter, snapshot.Name)] =
                    new(Size: 0, snapshot.Labels.ContainsKey(LabelNames.GcRoot), [.. parent, .. ResourceKey.NamedBy(snapshot.Labels)]);
            }
        }
    }
}
