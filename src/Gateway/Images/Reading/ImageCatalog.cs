using System.Collections.Concurrent;
using Gateway.Containerd;
using Gateway.Containerd.Freshness;
using Microsoft.Extensions.Options;

namespace Gateway.Images.Reading;

/// <summary>What has been read of each namespace, for as long as its stamp holds. Never shared between namespaces: to know a digest is not to have the blob.</summary>
internal sealed class ImageCatalog(ContainerdClient containerd, DaemonPeers peers, MetadataStamps stamps, IOptions<ImageOptions> options, TimeProvider time)
{
    /// <summary>Namespaces remembered at once.</summary>
    private const int MaxNamespaces = 256;

    private readonly long maxBytes = options.Value.MemoryBytes / 2;
    private readonly ConcurrentDictionary<string, NamespaceMemory> byNamespace = new(StringComparer.Ordinal);
    private readonly SnapshotSizes sizes = new();
    private volatile Loaded? loaded;

    /// <summary>
    /// What may be answered from. The stamp is taken first, so every change that was acknowledged before this call is in it, or will be read.
    /// </summary>
    public ValueTask<NamespaceMemory> OpenAsync(string containerdNamespace, CancellationToken cancel)
    {
        var now = stamps.NowAsync(cancel);
        return now.IsCompletedSuccessfully ? ValueTask.FromResult(Open(containerdNamespace, now.GetAwaiter().GetResult())) : AfterAsync(now, containerdNamespace);
    }

    /// <summary>Keeps an answer unless something in it may change without the stamp, or the memory is full.</summary>
    public void Keep(NamespaceMemory memory, AnswerKey key, KeptAnswer answer)
    {
        if (memory.Reading is not { Stamp: not null, HasUnsettled: false })
        {
            return;
        }

        if (byNamespace.Values.Sum(other => other.Bytes) + answer.Bytes(key) <= maxBytes)
        {
            memory.Keep(key, answer);
        }
        else
        {
            MakeRoom(except: memory);
        }
    }

    /// <summary>The daemon's snapshotters; what is loaded does not change while it runs, and so while its connections stand.</summary>
    public async ValueTask<IReadOnlyList<Snapshotter>> SnapshottersAsync(CancellationToken cancel)
    {
        var version = peers.Version;
        if (loaded is { } known && known.PeersVersion == version)
        {
            return known.Snapshotters;
        }

        var snapshotters = await containerd.LoadedSnapshottersAsync(cancel);
        loaded = new Loaded(version, snapshotters);
        return snapshotters;
    }

    private async ValueTask<NamespaceMemory> AfterAsync(ValueTask<MetadataStamp?> now, string containerdNamespace) => Open(containerdNamespace, await now);

    private NamespaceMemory Open(string containerdNamespace, MetadataStamp? stamp)
    {
        if (stamp is not null && byNamespace.TryGetValue(containerdNamespace, out var kept) && kept.Reading.Stamp == stamp)
        {
            kept.LastUsed = time.GetTimestamp();
            return kept;
        }

        var fresh = new NamespaceMemory(new NamespaceReading(containerd.In(containerdNamespace), stamp, sizes)) { LastUsed = time.GetTimestamp() };
        return stamp is null ? fresh : Enter(containerdNamespace, stamp.Value, fresh);
    }

    // Those who come with the same stamp share one reading, whoever was first.
    private NamespaceMemory Enter(string containerdNamespace, MetadataStamp stamp, NamespaceMemory fresh)
    {
        if (byNamespace.Count >= MaxNamespaces)
        {
            MakeRoom(except: fresh);
        }

        return byNamespace.AddOrUpdate(containerdNamespace, fresh, (_, other) => other.Reading.Stamp == stamp ? other : fresh);
    }

    // What was used longest ago goes, until no more than half is taken.
    private void MakeRoom(NamespaceMemory except)
    {
        foreach (var (name, memory) in byNamespace.OrderBy(pair => pair.Value.LastUsed))
        {
            if (byNamespace.Count <= MaxNamespaces / 2 && byNamespace.Values.Sum(other => other.Bytes) <= maxBytes / 2)
            {
                return;
            }

            if (!ReferenceEquals(memory, except))
            {
                byNamespace.TryRemove(KeyValuePair.Create(name, memory));
            }
        }
    }

    private sealed record Loaded(int PeersVersion, IReadOnlyList<Snapshotter> Snapshotters);
}
