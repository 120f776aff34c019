using System.Diagnostics;
using Gateway.Containerd;
using Gateway.Containerd.Types;
using Gateway.Http;
using Gateway.Jobs;
using Gateway.Oci;
using Gateway.Oci.Registry;
using Microsoft.Extensions.Options;

namespace Gateway.Images.Pull;

/// <summary>
/// The pull engine. Steps, each safe to repeat: 1 take the lease · 2 resolve the reference · 3 fetch indexes, manifests and configs ·
/// 4 fetch layers in parallel, verifying digests · 5 unpack each layer as soon as it and its parent are there · 6 write the image record.
/// The record comes last: whoever sees the image can use it. "Already exists" is success everywhere: a second attempt, in this process
/// or the next, finds what the first left.
/// </summary>
internal sealed class ImagePuller(
    PullLease lease, RegistryClient registries, DocumentFetcher documents, LayerFetcher layers, Unpacker unpacker,
    IOptions<ImageOptions> options, TimeProvider time)
{
    private static readonly ActivitySource Traces = new("Gateway.Images");

    public async Task<PullResult> PullAsync(
        PullWork work, RegistryCredentials? credentials, string containerdNamespace, string leaseId, JobProgress progress, CancellationToken cancel)
    {
        // 1
        var reference = ImageReference.Parse(work.Reference);
        var held = await lease.HoldAsync(containerdNamespace, leaseId, time.GetUtcNow() + work.LeaseTerm, cancel);
        var before = await held.FindImageAsync(work.Reference, cancel);
        if (before is not null && work.Policy is PullPolicy.IfNotPresent && await ImageInspector.IsCompleteAsync(held, before, work, cancel))
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

        // 4 and 5
        await FetchAndUnpackAsync(store, repository, plan, work, progress, cancel);

        // 6
        progress.Enter(JobPhase.Finalizing);
        var record = await held.PutImageAsync(
            work.Reference, new ContentDescriptor { MediaType = target.MediaType, Digest = target.Digest.ToString(), Size = target.Size }, work.Labels, cancel);
        return new PullResult(ImageView.From(record), before?.Target.Digest != record.Target.Digest, before?.Target.Digest);
    }

    private static async Task<Descriptor> ResolveAsync(Repository repository, ImageReference reference, CancellationToken cancel)
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

    private async Task FetchAndUnpackAsync(
        BlobStore store, Repository repository, PullPlan plan, PullWork work, JobProgress progress, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var slots = new SemaphoreSlim(options.Value.MaxConcurrentDownloads);
        var unpacking = plan.Images.Where(image => work.Unpack && UnpacksHere(image)).ToArray();
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
        return plan.Images
            .SelectMany(image => image.Config is null ? image.Manifest.Layers.Prepend(image.Manifest.Config) : image.Manifest.Layers)
            .DistinctBy(layer => layer.Digest)
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

    // Layers of another operating system hold what this node's snapshotter cannot; they are kept as content.
    private static bool UnpacksHere(PlannedImage image) => image.Config?.Platform?.Os == Oci.Platform.Host.Os;

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
