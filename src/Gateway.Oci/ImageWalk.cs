using System.Runtime.CompilerServices;

namespace Gateway.Oci;

/// <summary>A document of an image, with what of it is wanted.</summary>
/// <param name="Descriptor">What it is.</param>
/// <param name="Document">Null for an entry of an index that is neither index nor manifest.</param>
/// <param name="Kept">Of an index: the entries that are wanted.</param>
/// <param name="Config">Of a manifest: its config; null for an artifact.</param>
public sealed record WalkedDocument(Descriptor Descriptor, OciDocument? Document, IReadOnlyList<Descriptor> Kept, ImageConfig? Config);

/// <summary>
/// Walks what stands in a store from a target down: indexes, the manifests that are wanted, their configs. It holds one document at a time, checks
/// that everything named is there in its size, and notes what is not.
/// </summary>
/// <param name="sizeOf">The size of a blob; null where it is not there.</param>
/// <param name="read">The bytes of a blob that is there.</param>
/// <param name="platforms">The platforms wanted; none: all.</param>
/// <param name="passesOverAbsent">Whether, of all platforms, those whose manifest is not there are passed over.</param>
public sealed class ImageWalk(
    Func<Digest, CancellationToken, ValueTask<long?>> sizeOf, Func<Digest, CancellationToken, Task<byte[]>> read,
    IReadOnlyList<Platform> platforms, bool passesOverAbsent)
{
    /// <summary>Documents of one walk, each counted as often as it is reached.</summary>
    private const int MaxDocuments = 10_000;

    private int documents;

    /// <summary>What was named and is not there.</summary>
    public MissingContent Missing { get; } = new();

    /// <summary>The documents of one target, parents first.</summary>
    public async IAsyncEnumerable<WalkedDocument> VisitAsync(Descriptor target, [EnumeratorCancellation] CancellationToken cancel)
    {
        var seen = new HashSet<Digest>();
        var open = new Stack<(Descriptor Entry, int Depth)>([(target, 1)]);
        while (open.TryPop(out var next))
        {
            if (seen.Add(next.Entry.Digest) && await IsThereAsync(next.Entry, cancel))
            {
                RequireBounds(next.Entry, next.Depth);
                var walked = await ReadAsync(next.Entry, cancel);
                yield return walked;
                foreach (var child in walked.Kept.Reverse())
                {
                    open.Push((child, next.Depth + 1));
                }
            }
        }
    }

    private void RequireBounds(Descriptor entry, int depth)
    {
        if (depth > DocumentLimits.MaxIndexDepth && MediaTypes.IsIndex(entry.MediaType))
        {
            throw new OciException(OciFault.ManifestInvalid, $"index {entry.Digest} is nested deeper than {DocumentLimits.MaxIndexDepth} levels");
        }

        if (++documents > MaxDocuments)
        {
            throw new OciException(OciFault.ManifestTooLarge, $"there are more than {MaxDocuments} documents");
        }
    }

    private async Task<WalkedDocument> ReadAsync(Descriptor entry, CancellationToken cancel)
    {
        if (MediaTypes.IsIndex(entry.MediaType))
        {
            var index = (ImageIndex)OciDocument.Parse(await ReadDocumentAsync(entry, cancel), entry.MediaType);
            return new WalkedDocument(entry, index, platforms.Count > 0 ? Chosen(index) : await AllAsync(index, cancel), Config: null);
        }

        return MediaTypes.IsManifest(entry.MediaType)
            ? await ReadManifestAsync(entry, cancel)
            : new WalkedDocument(entry, Document: null, [], Config: null);
    }

    private async Task<WalkedDocument> ReadManifestAsync(Descriptor entry, CancellationToken cancel)
    {
        var manifest = (ImageManifest)OciDocument.Parse(await ReadDocumentAsync(entry, cancel), entry.MediaType);
        foreach (var layer in manifest.Layers.DistinctBy(layer => layer.Digest))
        {
            await IsThereAsync(layer, cancel);
        }

        var isHere = await IsThereAsync(manifest.Config, cancel);
        var config = isHere && MediaTypes.IsConfig(manifest.Config.MediaType) ? ImageConfig.Parse(await ReadDocumentAsync(manifest.Config, cancel)) : null;
        // A manifest without a platform in its descriptor may have been taken for want of a better: its config has the last word.
        if (platforms.Count > 0 && entry.Platform is null && config is not null && !platforms.Any(wanted => PlatformMatcher.Accepts(wanted, config.Platform)))
        {
            throw PlatformMatcher.NotFound(platforms[0], [config.Platform]);
        }

        return new WalkedDocument(entry, manifest, [], config);
    }

    private Descriptor[] Chosen(ImageIndex index) => platforms.Select(wanted => PlatformMatcher.Choose(wanted, index)).DistinctBy(entry => entry.Digest).ToArray();

    // Attestations and the like go with the image where they are there; the platforms must be there.
    private async Task<IReadOnlyList<Descriptor>> AllAsync(ImageIndex index, CancellationToken cancel)
    {
        var required = passesOverAbsent ? [] : PlatformMatcher.Images(index).ToHashSet(ReferenceEqualityComparer.Instance);
        var kept = new List<Descriptor>();
        foreach (var entry in index.Manifests)
        {
            if (required.Contains(entry) || await sizeOf(entry.Digest, cancel) is not null)
            {
                kept.Add(entry);
            }
        }

        if (kept.Count is 0)
        {
            Missing.Add(index.Manifests);
        }

        return kept;
    }

    private async Task<bool> IsThereAsync(Descriptor entry, CancellationToken cancel)
    {
        var size = await sizeOf(entry.Digest, cancel);
        if (size is null)
        {
            Missing.Add([entry]);
            return false;
        }

        return size == entry.Size
            ? true
            : throw new OciException(OciFault.ManifestInvalid, $"{entry.Digest} has {size} bytes, but its descriptor says {entry.Size}");
    }

    private Task<byte[]> ReadDocumentAsync(Descriptor entry, CancellationToken cancel) => entry.Size <= DocumentLimits.MaxBytes
        ? read(entry.Digest, cancel)
        : throw new OciException(OciFault.ManifestTooLarge, $"{entry.Digest} has {entry.Size} bytes; at most {DocumentLimits.MaxBytes} are accepted");
}

/// <summary>Digests that are named and not there: how many, and the first of them.</summary>
public sealed class MissingContent
{
    private const int MaxListed = 16;
    private const int MaxKept = 10_000;

    private readonly HashSet<Digest> all = [];

    /// <summary>Whether anything is missing.</summary>
    public bool Any => all.Count > 0;

    internal void Add(IEnumerable<Descriptor> entries) => all.UnionWith(entries.Select(entry => entry.Digest).Take(MaxKept - all.Count));

    /// <summary>The digests, as many as a message should hold.</summary>
    public override string ToString() =>
        string.Join(", ", all.Take(MaxListed)) + (all.Count > MaxListed ? $" and {all.Count - MaxListed} more" : "");
}
