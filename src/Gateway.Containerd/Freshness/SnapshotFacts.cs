using System.Collections.Concurrent;
using Gateway.Containerd.Services.Snapshots;

namespace Gateway.Containerd.Freshness;

/// <summary>The committed snapshots of a namespace, each asked for once or all at once.</summary>
internal sealed class SnapshotFacts(NamespacedClient client, SnapshotSizes sizes)
{
    /// <summary>Snapshots remembered, about 300 bytes each; beyond that they are asked for every time.</summary>
    private const int Most = 100_000;

    private readonly ConcurrentDictionary<Name, Info?> infos = new();
    private readonly ConcurrentDictionary<string, bool> listed = new(StringComparer.Ordinal);

    public int Count => infos.Count;

    /// <summary>Bytes of the committed snapshot; null where there is none of that name.</summary>
    public async ValueTask<long?> SizeAsync(Snapshotter snapshotter, string key, CancellationToken cancel)
    {
        var name = new Name(snapshotter.Name, key);
        if (!snapshotter.IsBuiltIn)
        {
            var info = await client.FindSnapshotAsync(snapshotter.Name, key, cancel);
            return info is { Kind: Kind.Committed } ? await new SnapshotSizes().OfAsync(client, snapshotter.Name, info, cancel) : null;
        }

        if (!infos.TryGetValue(name, out var known) && !listed.ContainsKey(snapshotter.Name))
        {
            Remember(name, known = await client.FindSnapshotAsync(snapshotter.Name, key, cancel));
        }

        return known is { Kind: Kind.Committed } ? await sizes.OfAsync(client, snapshotter.Name, known, cancel) : null;
    }

    public async Task ListAsync(Snapshotter snapshotter, CancellationToken cancel)
    {
        if (!snapshotter.IsBuiltIn || listed.ContainsKey(snapshotter.Name))
        {
            return;
        }

        var request = new ListSnapshotsRequest { Snapshotter = snapshotter.Name, Filters = { "kind==committed" } };
        using var list = client.Snapshots.List(request, cancellationToken: cancel);
        while (await list.ResponseStream.MoveNext(cancel))
        {
            foreach (var info in list.ResponseStream.Current.Info)
            {
                Remember(new Name(snapshotter.Name, info.Name), info);
            }
        }

        if (infos.Count < Most)
        {
            listed[snapshotter.Name] = true;
        }
    }

    private void Remember(Name name, Info? info)
    {
        if (infos.Count < Most)
        {
            infos[name] = info;
        }
    }

    private readonly record struct Name(string Snapshotter, string Key);
}
