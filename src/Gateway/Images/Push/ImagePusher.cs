using Gateway.Containerd;
using Gateway.Http;
using Gateway.Images.Pull;
using Gateway.Jobs;
using Gateway.Oci;
using Gateway.Oci.Registry;
using Microsoft.Extensions.Options;

namespace Gateway.Images.Push;

/// <summary>
/// A push. Steps, each safe to repeat: 1 take the lease · 2 walk the image, hold what it is made of, see that all is here · 3 push blobs
/// in parallel · 4 push manifests, children first · 5 put the top under its tag. The tag comes last: whoever sees it can pull all of it.
/// Steps 3 to 5 are the engine's: here the gateway's own, or containerd's in <see cref="TransferPusher"/>.
/// </summary>
internal sealed class ImagePusher(
    PullLease lease, RegistryClient registries, ImageEngines engines, TransferPusher transfer, IOptions<ImageOptions> options, TimeProvider time)
{
    public async Task<PushResult> PushAsync(
        PushWork work, RegistryCredentials? credentials, string containerdNamespace, string leaseId, JobProgress progress, CancellationToken cancel)
    {
        // 1
        var engine = await engines.RequireAsync(cancel);
        var target = ImageReference.Parse(work.Target);
        var held = await lease.HoldAsync(containerdNamespace, leaseId, time.GetUtcNow() + work.LeaseTerm, cancel);

        // 2
        var store = new BlobStore(held, target);
        var plan = await new PushPlanner(new HeldContent(store)).PlanAsync(work, cancel);
        PushPlan.RequireFits(target, plan.Top.Digest);
        if (engine is ImageEngine.Transfer)
        {
            return await transfer.PushAsync(store, new TransferPush(target, credentials, plan, work), progress, cancel);
        }

        var push = new Run(store, registries.OpenForPush(target, credentials), target, progress);
        var blobs = plan.Blobs.Select(push.Item).ToArray();
        var manifests = plan.Manifests.Select(push.Item).ToArray();
        var indexes = plan.Indexes.Select(push.Item).ToArray();
        var top = push.Item(plan.Top);
        progress.Enter(JobPhase.Uploading);

        // 3 and 4
        await InParallelAsync(blobs, push.PushBlobAsync, cancel);
        await InParallelAsync(manifests, (item, stop) => push.PushManifestAsync(item, tag: null, stop), cancel);
        foreach (var index in indexes)
        {
            await push.PushManifestAsync(index, tag: null, cancel);
        }

        // 5
        progress.Enter(JobPhase.Finalizing);
        var changed = await push.PushManifestAsync(top, target.Tag, cancel);
        var counts = push.Counts;
        return new PushResult(
            target.Name, plan.Top.Digest.ToString(), plan.Top.MediaType, plan.Top.Size, changed,
            counts(BlobOutcome.Uploaded), counts(BlobOutcome.Mounted), counts(BlobOutcome.Existed));
    }

    // The first failure ends the others, and is the one that is thrown.
    private Task InParallelAsync(IReadOnlyList<PushItem> items, Func<PushItem, CancellationToken, Task> push, CancellationToken cancel) => Parallel.ForEachAsync(
        items, new ParallelOptions { MaxDegreeOfParallelism = options.Value.MaxConcurrentUploads, CancellationToken = cancel },
        async (item, stop) => await push(item, stop));

    /// <summary>One thing to push, and what became of it.</summary>
    private sealed record PushItem(Descriptor Descriptor, ProgressItem Progress)
    {
        public BlobOutcome? Outcome { get; private set; }

        public void End(BlobOutcome outcome)
        {
            Outcome = outcome;
            Progress.Reached(Descriptor.Size);
            Progress.State = outcome is BlobOutcome.Uploaded ? ItemState.Done : ItemState.Exists;
        }
    }

    /// <summary>From where, to where, and where it is told.</summary>
    private sealed class Run(BlobStore store, PushRepository repository, ImageReference target, JobProgress progress)
    {
        private readonly List<PushItem> items = [];

        public PushItem Item(Descriptor descriptor)
        {
            var item = new PushItem(descriptor, progress.Add(descriptor.Digest.ToString(), descriptor.MediaType, descriptor.Size, unpacks: false));
            items.Add(item);
            return item;
        }

        public PushedBlobs Counts(BlobOutcome outcome) =>
            new(items.Count(item => item.Outcome == outcome), items.Where(item => item.Outcome == outcome).Sum(item => item.Descriptor.Size));

        public async Task PushBlobAsync(PushItem item, CancellationToken cancel)
        {
            var (blob, digest) = (item.Descriptor, item.Descriptor.Digest.ToString());
            var info = await store.FindAsync(blob, cancel)
                ?? throw new ProblemException(ProblemKinds.ContentMissing, $"{digest} was removed while it was pushed");
            item.Progress.State = ItemState.Uploading;
            item.End(await repository.PushBlobAsync(
                blob, (offset, length, _) => Task.FromResult<Stream>(ContentStream.Open(store.Client, digest, offset, length)),
                MountSource.Of(info.Labels, target), item.Progress.Reached, cancel));
            await store.MarkAsync(info, cancel);
        }

        public async Task<bool> PushManifestAsync(PushItem item, string? tag, CancellationToken cancel)
        {
            item.Progress.State = ItemState.Uploading;
            var bytes = await store.Client.ReadAllAsync(item.Descriptor.Digest.ToString(), DocumentLimits.MaxBytes, cancel);
            var isNew = await repository.PushManifestAsync(item.Descriptor, bytes, tag, cancel);
            item.End(isNew ? BlobOutcome.Uploaded : BlobOutcome.Existed);
            return isNew;
        }
    }
}
