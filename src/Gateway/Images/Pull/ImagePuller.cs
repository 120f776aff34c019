using System.Diagnostics;
using Gateway.Containerd;
using Gateway.Containerd.Services.Images;
using Gateway.Containerd.Types;
using Gateway.Http;
using Gateway.Jobs;
using Gateway.Oci;
using Gateway.Oci.Registry;
using Microsoft.Extensions.Options;

namespace Gateway.Images.Pull;

/// <summary>
/// A pull. Steps, each safe to repeat: 1 take the lease · 2 resolve the reference · 3 fetch indexes, manifests and configs ·
/// 4 fetch layers in parallel, verifying digests · 5 unpack each layer as soon as it and its parent are there · 6 write the image record.
/// The record comes last: whoever sees the image can use it. "Already exists" is success everywhere: a second attempt, in this process
/// or the next, finds what the first left. Steps 4 to 6 are the engine's: here the gateway's own, or containerd's in <see cref="TransferPuller"/>.
/// </summary>
internal sealed class ImagePuller(
    PullLease lease, RegistryClient registries, DocumentFetcher documents, LayerFetcher layers, Unpacker unpacker,
    ImageInspector inspector, ImageEngines engines, TransferPuller transfer, DiskReserve disk, ByteQuota quota, RecordLocks records, IOptions<ImageOptions> options, TimeProvider time)
{
    private static readonly ActivitySource Traces = new("Gateway.Images");

    public async Task<PullResult> PullAsync(
        PullWork work, RegistryCredentials? credentials, string containerdNamespace, string leaseId, JobProgress progress, CancellationToken cancel)
    {
        // 1
        var engine = await engines.RequireAsync(cancel);
        var reference = ImageReference.Parse(work.Reference);
        var held = await lease.HoldAsync(containerdNamespace, leaseId, time.GetUtcNow() + work.LeaseTerm, cancel);
        var before = await held.FindImageAsync(work.Reference, cancel);
        if (before is not null && work.Policy is PullPolicy.IfNotPresent && await inspector.IsCompleteAsync(held, before, work, cancel))
        {
            return new PullResult(ImageView.From(before), Changed: false, before.Target.Digest);
        }

        // 2
        var repository = registries.Open(reference, credentials);
        var target = await ResolveAsync(repository, reference, cancel);

        // 3
        var store = new BlobStore(held, reference);
        var plan = await documents.FetchAsync(store, repository, target, work, progress, cancel);
        RequireUnpackable(plan, work);
        await RequireRoomAsync(store, plan, work, cancel);

        // 4 to 6
        var record = engine is ImageEngine.Transfer
            ? await transfer.PullAsync(new TransferPull(reference, repository, credentials, store, plan, work, before), progress, cancel)
            : await CompleteAsync(store, repository, plan, work, progress, cancel);
        return new PullResult(ImageView.From(record), before?.Target.Digest != record.Target.Digest, before?.Target.Digest);
    }

    /// <summary>What the reference stands for now, if that is an image.</summary>
    public static async Task<Descriptor> ResolveAsync(Repository repository, ImageReference reference, CancellationToken cancel)
    {
        var target = await repository.ResolveAsync(cancel);
        if (MediaTypes.IsSchema1(target.MediaType))
        {
            throw new OciException(OciFault.ManifestInvalid, $"cannot pull {reference}: it is a Docker schema 1 image, which is not supported; push it again with a current tool");
        }

        return MediaTypes.IsIndex(target.MediaType) || MediaTypes.IsManifest(target.MediaType)
            ? target
            : throw new OciException(OciFault.ManifestInvalid, $"cannot pull {reference}: the registry calls it {target.MediaType}, which is no image");
    }

    private static void RequireUnpackable(PullPlan plan, PullWork work)
    {
        if (plan.Images.FirstOrDefault(image => !image.Manifest.IsUnpackable) is { } artifact && work.Unpack)
        {
            throw new ProblemException(ProblemKinds.NotUnpackable,
                $"{work.Reference} cannot be unpacked: manifest {artifact.Descriptor.Digest} is an artifact ({artifact.Manifest.Config.MediaType}); pull it with unpack: false");
        }

        foreach (var image in plan.Images)
        {
            image.Config?.RequireFits(image.Manifest);
        }
    }

    private async Task RequireRoomAsync(BlobStore store, PullPlan plan, PullWork work, CancellationToken cancel)
    {
        var blobs = plan.Blobs.ToList();
        await (await disk.RoomAsync(work.Snapshotter, cancel)).RequireAsync(blobs.Sum(blob => blob.Size), MissingAsync);
        await quota.RequireAsync(store.Client, MissingAsync, blobs.Select(BlobStore.IngestRef).ToHashSet(StringComparer.Ordinal).Contains, cancel);

        async Task<long> MissingAsync()
        {
            var missing = 0L;
            foreach (var blob in blobs)
            {
                missing += await store.FindAsync(blob, cancel) is null ? blob.Size : 0;
            }

            return missing;
        }
    }

    private async Task<Image> CompleteAsync(
        BlobStore store, Repository repository, PullPlan plan, PullWork work, JobProgress progress, CancellationToken cancel)
    {
        // 4 and 5
        await FetchAndUnpackAsync(store, repository, plan, work, progress, cancel);

        // 6
        progress.Enter(JobPhase.Finalizing);
        using var writing = await records.EnterAsync(store.Client.Namespace, work.Reference, cancel);
        var target = new ContentDescriptor { MediaType = plan.Target.MediaType, Digest = plan.Target.Digest.ToString(), Size = plan.Target.Size };
        return await store.Client.PutImageAsync(work.Reference, target, work.Labels, cancel);
    }

    private async Task FetchAndUnpackAsync(
        BlobStore store, Repository repository, PullPlan plan, PullWork work, JobProgress progress, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var slots = new SemaphoreSlim(options.Value.MaxConcurrentDownloads);
        var unpacking = plan.Unpacked(work);
        var wanted = StartFetching(store, repository, plan, unpacking, progress, slots, stop.Token);
        progress.Enter(JobPhase.Downloading);
        var tasks = wanted.Values.Select(layer => layer.Fetched).ToList();
        foreach (var image in unpacking)
        {
            var chain = image.Manifest.Layers.Select(layer => wanted[layer.Digest]).ToArray();
            tasks.Add(Traced("image.unpack", () =>
                unpacker.UnpackAsync(store.Client, work.Snapshotter, image.Manifest.Config, image.Config!.DiffIds, chain, stop.Token)));
        }

        await FirstFailureAsync(tasks, stop);
    }

    // One download a digest, however many images and places in a chain name it, in the order the chains need them.
    private Dictionary<Digest, LayerWork> StartFetching(
        BlobStore store, Repository repository, PullPlan plan, PlannedImage[] unpacking, JobProgress progress, SemaphoreSlim slots, CancellationToken cancel)
    {
        var turns = new Turns();
        var unpacked = unpacking.SelectMany(image => image.Manifest.Layers).Select(layer => layer.Digest).ToHashSet();
        return plan.Blobs
            .Select((layer, place) =>
            {
                var item = progress.Add(layer.Digest.ToString(), layer.MediaType, layer.Size, unpacked.Contains(layer.Digest));
                return new LayerWork(layer, FetchAsync(layer, () => turns.Join(place), item), item);
            })
            .ToDictionary(work => work.Layer.Digest);

        async Task FetchAsync(Descriptor layer, Func<Turns.Place> join, ProgressItem item)
        {
            await slots.WaitAsync(cancel);
            try
            {
                await Traced("image.fetch", () => layers.FetchAsync(store, repository, layer, join, item, cancel));
                progress.Enter(unpacked.Count > 0 ? JobPhase.Unpacking : JobPhase.Downloading);
            }
            finally
            {
                slots.Release();
            }

            if (!item.Unpacks && item.State is not ItemState.Exists)
            {
                item.State = ItemState.Done;
            }
        }
    }

    // The first failure ends all the others, and is the one that is told: theirs are only its echo.
    private static async Task FirstFailureAsync(List<Task> tasks, CancellationTokenSource stop)
    {
        var first = await FirstFaultAsync([.. tasks]);
        await stop.CancelAsync();
        await Task.WhenAll(tasks).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await (first ?? Task.CompletedTask);
    }

    private static async Task<Task?> FirstFaultAsync(Task[] tasks)
    {
        await foreach (var done in Task.WhenEach(tasks))
        {
            if (!done.IsCompletedSuccessfully)
            {
                return done;
            }
        }

        return null;
    }

    private static async Task Traced(string name, Func<Task> work)
    {
        using var span = Traces.StartActivity(name);
        try
        {
            await work();
        }
        catch (Exception failure)
        {
            span?.SetStatus(ActivityStatusCode.Error, failure.GetType().Name);
            throw;
        }
    }
}
