using Gateway.Containerd;
using Gateway.Containerd.Services.Containers;
using Gateway.Containerd.Services.Images;
using Gateway.Containerd.Services.Leases;
using Gateway.Containerd.Services.Snapshots;
using Gateway.Oci;
using Google.Protobuf.Collections;

namespace Gateway.Content;

/// <summary>
/// Looks for what keeps a blob, along the daemon's own edges: labels <c>containerd.io/gc.ref.content*</c>, from the blob upwards. Every list
/// of the daemon is read as a stream or once; nothing of it is collected but what leads to the blob.
/// </summary>
/// <remarks>
/// Read leases first, then images, then content: work under way holds the blob by its lease until its image does, so it is seen by one or the other.
/// </remarks>
internal sealed class ReferenceReader(NamespacedClient client, IReadOnlyList<string> snapshotters, DateTimeOffset now)
{
    private const int MaxEntries = 100;

    /// <summary>Blobs above the one that is asked for. An image's layer has two or three, a base image's thousands.</summary>
    private const int MaxAbove = 10_000;

    /// <summary>An index in an index in an index, and room to spare.</summary>
    private const int MaxLevels = 8;

    private readonly HashSet<string> above = new(StringComparer.Ordinal);
    private bool isCut;

    public async Task<ReferencesView> ReadAsync(Digest digest, CancellationToken cancel)
    {
        var held = await HeldAsync(cancel);
        var images = (await client.Images.ListAsync(new ListImagesRequest(), cancellationToken: cancel)).Images;
        var parents = await ClimbAsync(digest.ToString(), cancel);
        var named = images.Where(image => above.Contains(image.Target.Digest) || LeadsHere(image.Labels)).Select(image => image.Name).ToHashSet(StringComparer.Ordinal);
        var snapshots = await SnapshotsAsync(cancel);
        var containers = await ContainersAsync(named, cancel);
        var leases = held.Where(resource => Holds(resource, digest.ToString(), named, snapshots)).Select(resource => resource.Lease.Id);
        return new ReferencesView
        {
            Digest = digest.ToString(),
            Images = Sorted(named),
            Containers = Sorted(containers),
            Leases = Sorted(leases.Distinct(StringComparer.Ordinal)),
            Snapshots = snapshots,
            Parents = Sorted(parents),
            Truncated = isCut,
        };
    }

    private static bool IsContentEdge(string label) => label.StartsWith(LabelNames.GcRefContent, StringComparison.Ordinal)
        && (label.Length == LabelNames.GcRefContent.Length || label[LabelNames.GcRefContent.Length] is '.' or '/');

    private bool LeadsHere(MapField<string, string> labels) => labels.Any(label => IsContentEdge(label.Key) && above.Contains(label.Value));

    // A flat lease holds what it lists and nothing that leads on from there; one that has expired holds nothing.
    private bool Holds((Lease Lease, string Type, string Id) held, string digest, HashSet<string> images, IReadOnlyList<SnapshotReference> snapshots) => held.Type switch
    {
        "content" when held.Id == digest => true,
        _ when held.Lease.Labels.ContainsKey(LabelNames.GcFlat) => false,
        "content" => above.Contains(held.Id),
        "images" => images.Contains(held.Id),
        _ => snapshots.Any(snapshot => held.Type == $"snapshots/{snapshot.Snapshotter}" && held.Id == snapshot.Key),
    };

    private async Task<IReadOnlyList<(Lease Lease, string Type, string Id)>> HeldAsync(CancellationToken cancel)
    {
        var held = new List<(Lease, string, string)>();
        foreach (var lease in (await client.Leases.ListAsync(new ListRequest(), cancellationToken: cancel)).Leases.Where(lease => !(lease.ExpiresAt() <= now)))
        {
            held.AddRange((await client.LeaseResourcesAsync(lease.Id, cancel)).Select(resource => (lease, resource.Type, resource.Id)));
        }

        return held;
    }

    /// <summary>Level by level, one pass over the content each, until a level has nobody above it. Gives the first level.</summary>
    private async Task<IReadOnlyList<string>> ClimbAsync(string digest, CancellationToken cancel)
    {
        above.Add(digest);
        IReadOnlyList<string>? parents = null;
        var level = new HashSet<string>(StringComparer.Ordinal) { digest };
        for (var height = 1; level.Count > 0; height++)
        {
            isCut |= height > MaxLevels || above.Count > MaxAbove;
            if (isCut)
            {
                break;
            }

            level = await NamingAsync(level, cancel);
            parents ??= level.ToArray();
            level.ExceptWith(above);
            above.UnionWith(level);
        }

        return parents ?? [];
    }

    private async Task<HashSet<string>> NamingAsync(HashSet<string> level, CancellationToken cancel)
    {
        var naming = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var blob in client.BlobsAsync(cancel))
        {
            if (blob.Labels.Any(label => IsContentEdge(label.Key) && level.Contains(label.Value)))
            {
                naming.Add(blob.Digest);
            }
        }

        return naming;
    }

    private async Task<IReadOnlyList<SnapshotReference>> SnapshotsAsync(CancellationToken cancel)
    {
        var found = new List<SnapshotReference>();
        foreach (var snapshotter in snapshotters)
        {
            using var call = client.Snapshots.List(new ListSnapshotsRequest { Snapshotter = snapshotter }, cancellationToken: cancel);
            while (found.Count <= MaxEntries && await call.ResponseStream.MoveNext(cancel))
            {
                found.AddRange(call.ResponseStream.Current.Info.Where(info => LeadsHere(info.Labels)).Select(info => new SnapshotReference(snapshotter, info.Name)));
            }
        }

        isCut |= found.Count > MaxEntries;
        return found.Take(MaxEntries).ToArray();
    }

    private async Task<IReadOnlyList<string>> ContainersAsync(HashSet<string> images, CancellationToken cancel)
    {
        var found = new List<string>();
        using var call = client.Containers.ListStream(new ListContainersRequest(), cancellationToken: cancel);
        while (found.Count <= MaxEntries && await call.ResponseStream.MoveNext(cancel))
        {
            var container = call.ResponseStream.Current.Container;
            if (images.Contains(container.Image) || LeadsHere(container.Labels))
            {
                found.Add(container.Id);
            }
        }

        return found;
    }

    private string[] Sorted(IEnumerable<string> names)
    {
        var all = names.Order(StringComparer.Ordinal).ToArray();
        isCut |= all.Length > MaxEntries;
        return all.Length > MaxEntries ? all[..MaxEntries] : all;
    }
}
