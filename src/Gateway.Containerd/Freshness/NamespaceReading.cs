using System.Collections.Concurrent;
using Gateway.Containerd.Services.Content;
using Gateway.Containerd.Services.Images;

namespace Gateway.Containerd.Freshness;

/// <summary>
/// What is read of one namespace, each thing once. With a stamp it may be kept and asked again while the stamp is the same; without
/// one it is good for one request.
/// </summary>
/// <param name="client">Without a lease: reading adds nothing to one.</param>
/// <param name="stamp">Taken before anything is read through this.</param>
/// <param name="sizes">Outlives this: what it remembers does not change.</param>
public sealed class NamespaceReading(NamespacedClient client, MetadataStamp? stamp, SnapshotSizes sizes)
{
    /// <summary>Facts of one kind that are remembered, about 300 bytes each; beyond that they are asked for every time.</summary>
    private const int MaxFacts = 100_000;

    private readonly ConcurrentDictionary<string, long?> blobs = new(StringComparer.Ordinal);
    private readonly SnapshotFacts snapshots = new(client, sizes);
    private readonly Lock loading = new();
    private Task<IReadOnlyList<Image>>? images;
    private Task<bool>? allBlobs;
    private long recordBytes;
    private volatile bool hasUnsettled;

    /// <summary>The services of the namespace.</summary>
    public NamespacedClient Client { get; } = client;

    /// <summary>The state this was read in, or one before it.</summary>
    public MetadataStamp? Stamp { get; } = stamp;

    /// <summary>Whether something was read that may change without the stamp, so that no answer made of it may be kept.</summary>
    public bool HasUnsettled => hasUnsettled;

    /// <summary>Bytes of memory taken so far, roughly.</summary>
    public long Bytes => Interlocked.Read(ref recordBytes) + ((blobs.Count + snapshots.Count) * 300L);

    /// <summary>All image records, ordered by name, ordinally.</summary>
    public Task<IReadOnlyList<Image>> ImagesAsync(CancellationToken cancel) => Shared(ref images, ListAsync).WaitAsync(cancel);

    /// <summary>The record of this exact name, or null.</summary>
    public async ValueTask<Image?> FindImageAsync(string name, CancellationToken cancel)
    {
        if (images is not { IsCompletedSuccessfully: true } loaded)
        {
            return await Client.FindImageAsync(name, cancel);
        }

        var all = await loaded;
        var at = SortedNames.IndexAfter(all, image => image.Name, name) - 1;
        return at >= 0 && string.Equals(all[at].Name, name, StringComparison.Ordinal) ? all[at] : null;
    }

    /// <summary>The blob's size in bytes, or null where this namespace does not have it.</summary>
    public async ValueTask<long?> FindBlobAsync(string digest, CancellationToken cancel)
    {
        if (blobs.TryGetValue(digest, out var size))
        {
            return size;
        }

        if (allBlobs is { IsCompletedSuccessfully: true } listed && await listed)
        {
            return null;
        }

        return Remember(digest, (await Client.FindAsync(digest, cancel))?.Size);
    }

    /// <summary>A whole blob, as <see cref="ContentStore.ReadAllAsync"/>.</summary>
    public async Task<byte[]> ReadBlobAsync(string digest, int maxBytes, CancellationToken cancel)
    {
        var bytes = await Client.ReadAllAsync(digest, maxBytes, cancel);
        Remember(digest, bytes.Length);
        return bytes;
    }

    /// <summary>Asks for all blobs at once, where many will be asked for.</summary>
    public Task LoadBlobsAsync(CancellationToken cancel) => Shared(ref allBlobs, ListBlobsAsync).WaitAsync(cancel);

    /// <summary>Bytes a committed snapshot takes, its parents left out; null where there is none of that name.</summary>
    public async ValueTask<long?> FindSnapshotSizeAsync(Snapshotter snapshotter, string key, CancellationToken cancel)
    {
        var size = await snapshots.SizeAsync(snapshotter, key, cancel);
        if (size is not null && !snapshotter.IsBuiltIn)
        {
            hasUnsettled = true;
        }

        return size;
    }

    /// <summary>Asks for all committed snapshots at once, where many will be asked for.</summary>
    public Task LoadSnapshotsAsync(Snapshotter snapshotter, CancellationToken cancel) => snapshots.ListAsync(snapshotter, cancel);

    private long? Remember(string digest, long? size)
    {
        if (blobs.Count < MaxFacts)
        {
            blobs[digest] = size;
        }

        return size;
    }

    // One load for all who ask; it is nobody's own, so nobody's cancelling ends it. One that failed is made again.
    private Task<T> Shared<T>(ref Task<T>? shared, Func<Task<T>> load)
    {
        lock (loading)
        {
            return shared is null or { IsFaulted: true } or { IsCanceled: true } ? shared = load() : shared;
        }
    }

    private async Task<IReadOnlyList<Image>> ListAsync()
    {
        var all = await Client.ListImagesAsync([], CancellationToken.None);
        Interlocked.Add(ref recordBytes, all.Sum(image => 3L * image.CalculateSize()));
        return all;
    }

    // Whether all of them could be remembered.
    private async Task<bool> ListBlobsAsync()
    {
        using var list = Client.Content.List(new ListContentRequest(), cancellationToken: CancellationToken.None);
        while (await list.ResponseStream.MoveNext(CancellationToken.None))
        {
            foreach (var blob in list.ResponseStream.Current.Info)
            {
                Remember(blob.Digest, blob.Size);
            }
        }

        return blobs.Count < MaxFacts;
    }
}
