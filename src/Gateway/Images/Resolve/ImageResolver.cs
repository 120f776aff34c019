using Gateway.Containerd;
using Gateway.Images.Pull;
using Gateway.Oci;
using Gateway.Oci.Registry;

namespace Gateway.Images.Resolve;

/// <summary>Reads an image's documents from its registry, as the first steps of a pull do, and forgets them.</summary>
internal sealed class ImageResolver(RegistryClient registries, TimeProvider time) : IDisposable
{
    // What one caller can make this process hold is bounded by the product of these two.
    private const int MaxAtOnce = 16;
    private const long MaxDocumentBytes = 32 * 1024 * 1024;

    /// <summary>How many blobs the daemon is asked for at a time.</summary>
    private const int ParallelLookups = 8;

    /// <summary>The answer is waited for: a registry that takes longer is not one to wait for.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim places = new(MaxAtOnce);

    public async Task<ResolvedImage> ResolveAsync(NamespacedClient client, PullWork work, RegistryCredentials? credentials, CancellationToken cancel)
    {
        var (plan, index) = await ReadWithinLimitAsync(work, credentials, cancel);
        var target = plan.Target;
        var blobs = (index is null ? [] : new[] { target }).Concat(plan.Images.SelectMany(BlobsOf)).DistinctBy(blob => blob.Digest).ToArray();
        var here = await BytesHereAsync(client, blobs, cancel);
        var current = (await client.FindImageAsync(work.Reference, cancel))?.Target.Digest;
        var total = blobs.Sum(blob => blob.Size);
        return new ResolvedImage
        {
            Reference = work.Reference,
            Digest = target.Digest.ToString(),
            MediaType = target.MediaType,
            Size = target.Size,
            Platforms = [.. plan.Images.Select(Selected), .. Others(plan, index)],
            BytesTotal = total,
            BytesHere = here,
            BytesToFetch = total - here,
            Changed = current != target.Digest.ToString(),
            CurrentDigest = current,
        };
    }

    public void Dispose() => places.Dispose();

    private async Task<(PullPlan Plan, ImageIndex? Index)> ReadWithinLimitAsync(PullWork work, RegistryCredentials? credentials, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(work.Timeout < Limit ? work.Timeout : Limit, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        try
        {
            await places.WaitAsync(stop.Token);
            try
            {
                return await ReadAsync(ImageReference.Parse(work.Reference), work, credentials, stop.Token);
            }
            finally
            {
                places.Release();
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw new OciException(OciFault.RegistryTimeout, $"cannot resolve {work.Reference}: the registry did not answer within the request's time");
        }
    }

    private async Task<(PullPlan Plan, ImageIndex? Index)> ReadAsync(
        ImageReference reference, PullWork work, RegistryCredentials? credentials, CancellationToken cancel)
    {
        var repository = registries.Open(reference, credentials);
        var target = await ImagePuller.ResolveAsync(repository, reference, cancel);
        var read = 0L;
        byte[]? top = null;
        var plan = await DocumentWalk.PlanAsync(target, work.WantedPlatforms, ReadDocumentAsync, cancel);
        return (plan, top is not null && MediaTypes.IsIndex(target.MediaType) ? (ImageIndex)OciDocument.Parse(top, target.MediaType) : null);

        // The top document is asked for once a platform.
        async Task<byte[]> ReadDocumentAsync(Descriptor document, CancellationToken stop)
        {
            if (top is not null && document.Digest == target.Digest)
            {
                return top;
            }

            if ((read += document.Size) > MaxDocumentBytes)
            {
                throw new OciException(OciFault.ManifestTooLarge, $"cannot resolve {reference}: its documents are over {MaxDocumentBytes} bytes together");
            }

            var bytes = await repository.FetchDocumentAsync(document, stop);
            top ??= bytes;
            return bytes;
        }
    }

    private static IEnumerable<Descriptor> BlobsOf(PlannedImage image) => [image.Descriptor, image.Manifest.Config, .. image.Manifest.Layers];

    private static async Task<long> BytesHereAsync(NamespacedClient client, Descriptor[] blobs, CancellationToken cancel)
    {
        var here = 0L;
        await Parallel.ForEachAsync(blobs, new ParallelOptions { MaxDegreeOfParallelism = ParallelLookups, CancellationToken = cancel }, async (blob, stop) =>
        {
            if (await client.FindAsync(blob.Digest.ToString(), stop) is not null)
            {
                Interlocked.Add(ref here, blob.Size);
            }
        });
        return here;
    }

    private static ResolvedPlatform Selected(PlannedImage image) => new()
    {
        Platform = (image.Descriptor.Platform ?? image.Config?.Platform)?.ToString(),
        Digest = image.Descriptor.Digest.ToString(),
        Size = image.Descriptor.Size,
        Selected = true,
        ConfigDigest = image.Manifest.Config.Digest.ToString(),
        Layers = image.Manifest.Layers.Count,
        Bytes = BlobsOf(image).DistinctBy(blob => blob.Digest).Sum(blob => blob.Size),
    };

    // Of an index within the index only what was selected is known: its other entries were not read.
    private static IEnumerable<ResolvedPlatform> Others(PullPlan plan, ImageIndex? index) => index is null ? [] : PlatformMatcher.Images(index)
        .Where(entry => MediaTypes.IsManifest(entry.MediaType) && plan.Images.All(image => image.Descriptor.Digest != entry.Digest))
        .Select(entry => new ResolvedPlatform
        {
            Platform = entry.Platform?.ToString(),
            Digest = entry.Digest.ToString(),
            Size = entry.Size,
            Selected = false,
        });
}
