using Gateway.Containerd;
using Gateway.Jobs;
using Gateway.Oci;
using Gateway.Oci.Registry;

namespace Gateway.Images.Pull;

/// <summary>
/// Brings the documents of an image (indexes, manifests, configs) into the content store, each with the labels that lead the garbage
/// collector to its children, and chooses the manifests that were asked for.
/// </summary>
internal sealed class DocumentFetcher(PullGates gates)
{
    // An index in an index in an index: no tool makes more, and each level costs a fetch.
    private const int MaxIndexDepth = 4;

    /// <summary>Manifests of one pull, all platforms and nested indexes together.</summary>
    private const int MaxManifests = 1000;

    public async Task<PullPlan> FetchAsync(
        BlobStore store, Repository repository, Descriptor target, PullWork work, JobProgress progress, CancellationToken cancel)
    {
        var documents = new Documents(store, repository, progress);
        var chosen = new List<Descriptor>();
        if (work.AllPlatforms)
        {
            await CollectAsync(documents, target, depth: 1, chosen, cancel);
        }
        else
        {
            foreach (var platform in work.Platforms)
            {
                chosen.Add(await ChooseAsync(documents, target, Platform.Parse(platform), cancel));
            }
        }

        var images = new List<PlannedImage>();
        foreach (var manifest in chosen.DistinctBy(entry => entry.Digest))
        {
            images.Add(await FetchImageAsync(documents, manifest, cancel));
        }

        RequireWantedPlatforms(images, work);
        return new PullPlan(target, images);
    }

    // An index may hold indexes: the choice is made on each level.
    private async Task<Descriptor> ChooseAsync(Documents documents, Descriptor entry, Platform wanted, CancellationToken cancel)
    {
        for (var depth = 1; MediaTypes.IsIndex(entry.MediaType); depth++)
        {
            entry = PlatformMatcher.Choose(wanted, await FetchIndexAsync(documents, entry, depth, cancel));
        }

        return entry;
    }

    private async Task CollectAsync(Documents documents, Descriptor entry, int depth, List<Descriptor> manifests, CancellationToken cancel)
    {
        if (!MediaTypes.IsIndex(entry.MediaType))
        {
            manifests.Add(entry);
            return;
        }

        foreach (var child in PlatformMatcher.Images(await FetchIndexAsync(documents, entry, depth, cancel)))
        {
            await CollectAsync(documents, child, depth + 1, manifests, cancel);
            if (manifests.Count > MaxManifests)
            {
                throw new OciException(OciFault.ManifestInvalid, $"index {entry.Digest} leads to more than {MaxManifests} manifests");
            }
        }
    }

    private async Task<ImageIndex> FetchIndexAsync(Documents documents, Descriptor entry, int depth, CancellationToken cancel)
    {
        if (depth > MaxIndexDepth)
        {
            throw new OciException(OciFault.ManifestInvalid, $"index {entry.Digest} is nested deeper than {MaxIndexDepth} levels");
        }

        return (ImageIndex)OciDocument.Parse(await FetchDocumentAsync(documents, entry, GcLabels.Of, cancel), entry.MediaType);
    }

    private async Task<PlannedImage> FetchImageAsync(Documents documents, Descriptor descriptor, CancellationToken cancel)
    {
        var bytes = await FetchDocumentAsync(documents, descriptor, GcLabels.Of, cancel);
        var manifest = (ImageManifest)OciDocument.Parse(bytes, descriptor.MediaType);
        if (!MediaTypes.IsConfig(manifest.Config.MediaType))
        {
            return new PlannedImage(descriptor, manifest, Config: null);
        }

        var config = ImageConfig.Parse(await FetchDocumentAsync(documents, manifest.Config, _ => [], cancel));
        return new PlannedImage(descriptor, manifest, config);
    }

    /// <summary>A document from the content store, or else from the registry into it.</summary>
    private async Task<byte[]> FetchDocumentAsync(
        Documents documents, Descriptor descriptor, Func<OciDocument, Dictionary<string, string>> labelsOf, CancellationToken cancel)
    {
        var (store, repository, progress) = documents;
        var item = progress.Add(descriptor.Digest.ToString(), descriptor.MediaType, descriptor.Size, unpacks: false);
        using var blob = await gates.BlobAsync(store.Client.Namespace, descriptor.Digest, cancel);
        var here = await store.FindAsync(descriptor, cancel);
        item.State = ItemState.Downloading;
        var bytes = here is null
            ? await repository.FetchDocumentAsync(descriptor, cancel)
            : await store.Client.ReadAllAsync(descriptor.Digest.ToString(), DocumentLimits.MaxBytes, cancel);

        // Parsed before it is stored: what cannot be accepted leaves nothing behind.
        var labels = MediaTypes.IsConfig(descriptor.MediaType) ? [] : labelsOf(OciDocument.Parse(bytes, descriptor.MediaType));
        if (here is not null)
        {
            await store.LabelAsync(here, labels, cancel);
        }
        else
        {
            await StoreAsync(store, descriptor, bytes, labels, cancel);
        }

        item.Reached(descriptor.Size);
        item.State = here is null ? ItemState.Done : ItemState.Exists;
        return bytes;
    }

    private static async Task StoreAsync(
        BlobStore store, Descriptor descriptor, byte[] bytes, Dictionary<string, string> labels, CancellationToken cancel)
    {
        await using var writer = await store.OpenAsync(descriptor, cancel);
        if (writer is null)
        {
            await store.LabelAsync(await store.FindAsync(descriptor, cancel), labels, cancel);
            return;
        }

        var rest = bytes.AsMemory((int)writer.Offset);
        for (var chunk = rest[..Math.Min(rest.Length, BlobWriter.ChunkBytes)]; chunk.Length > 0; chunk = rest[..Math.Min(rest.Length, BlobWriter.ChunkBytes)])
        {
            await writer.WriteAsync(chunk, cancel);
            rest = rest[chunk.Length..];
        }

        await store.CommitAsync(writer, descriptor, labels, cancel);
    }

    // A manifest without a platform in its descriptor may have been taken for want of a better: its config has the last word.
    private static void RequireWantedPlatforms(List<PlannedImage> images, PullWork work)
    {
        if (work.AllPlatforms)
        {
            return;
        }

        foreach (var image in images.Where(image => image.Config is not null && image.Descriptor.Platform is null))
        {
            var offered = image.Config!.Platform;
            if (!work.Platforms.Any(wanted => PlatformMatcher.Accepts(Platform.Parse(wanted), offered)))
            {
                throw PlatformMatcher.NotFound(Platform.Parse(work.Platforms[0]), [offered]);
            }
        }
    }

    /// <summary>From where, to where, and where it is told.</summary>
    private sealed record Documents(BlobStore Store, Repository Repository, JobProgress Progress);
}
