using Gateway.Containerd;
using Gateway.Containerd.Services.Images;
using Gateway.Containerd.Types.Transfer;
using Gateway.Http;
using Gateway.Images.Transfer;
using Gateway.Jobs;
using Gateway.Oci;
using Gateway.Oci.Registry;
using WirePlatform = Gateway.Containerd.Types.Platform;

namespace Gateway.Images.Pull;

/// <summary>What a transfer is to bring, resolved and with its documents in the content store.</summary>
/// <param name="Before">The record that stands under the name.</param>
internal sealed record TransferPull(
    ImageReference Reference, Repository Repository, RegistryCredentials? Credentials, BlobStore Store, PullPlan Plan, PullWork Work, Image? Before);

/// <summary>
/// The rest of a pull by containerd's Transfer service: layers, unpacking and the image record. References are resolved, platforms chosen and documents judged
/// before, as in any pull, so that both engines give the same answers; the daemon then finds the documents and is bound to their digest. Steps, each safe to
/// repeat: 1 do here what the daemon would do too trustfully · 2 keep what is unpacked already · 3 transfer · 4 mark what is here with its repository and see that nothing is missing.
/// </summary>
internal sealed class TransferPuller(ContainerdClient containerd, TransferCall transfers, LayerFetcher layers, Unpacker unpacker, PullGates gates)
{
    public async Task<Image> PullAsync(TransferPull pull, JobProgress progress, CancellationToken cancel)
    {
        var (held, work) = (pull.Store.Client, pull.Work);
        var unpacked = pull.Plan.Unpacked(work);
        var items = AddItems(pull.Plan, unpacked, progress);
        progress.Enter(JobPhase.Downloading);

        // 1
        var hinted = unpacked.Where(HasSnapshotHints).ToArray();
        await FetchHereAsync(pull, hinted.SelectMany(image => image.Manifest.Layers), items, cancel);
        foreach (var image in hinted)
        {
            var chain = image.Manifest.Layers.Select(layer => new LayerWork(layer, Task.CompletedTask, items[layer.Digest.ToString()])).ToArray();
            await unpacker.UnpackAsync(held, work.Snapshotter, image.Manifest.Config, image.Config!.DiffIds, chain, cancel);
        }

        // 2
        using var alone = await gates.BlobsAsync(held.Namespace, items.Keys, cancel);
        await HoldChainsAsync(held, work.Snapshotter, unpacked, cancel);

        // 3
        var told = new TransferItems(progress, items);
        await transfers.PullAsync(held, EndOf(pull), StoreOf(pull, unpacked), told, cancel);

        // 4: a layer whose chain was unpacked already is not fetched by the daemon.
        if (!await MarkAsync(pull, cancel))
        {
            await transfers.PullAsync(held, EndOf(pull), StoreOf(pull, []), told, cancel);
        }

        progress.Enter(JobPhase.Finalizing);
        await RequireUnpackedAsync(held, work, unpacked, cancel);
        await PullLease.RemoveHalfUnpackedAsync(held, held.LeaseId!, cancel);
        return await held.FindImageAsync(work.Reference, cancel)
            ?? throw new ProblemException(ProblemKinds.Conflict, $"{work.Reference} was removed while it was pulled");
    }

    private static Dictionary<string, ProgressItem> AddItems(PullPlan plan, PlannedImage[] unpacked, JobProgress progress)
    {
        var chained = unpacked.SelectMany(image => image.Manifest.Layers).Select(layer => layer.Digest).ToHashSet();
        return plan.Blobs.ToDictionary(
            blob => blob.Digest.ToString(), blob => progress.Add(blob.Digest.ToString(), blob.MediaType, blob.Size, chained.Contains(blob.Digest)), StringComparer.Ordinal);
    }

    // The daemon makes labels of these annotations, which are a stranger's; where the chain is there it has no occasion to.
    private static bool HasSnapshotHints(PlannedImage image) => image.Manifest.Layers.Any(layer =>
        layer.Annotations?.Keys.Any(key => key.StartsWith(LabelNames.SnapshotInheritedPrefix, StringComparison.Ordinal)) is true);

    // The daemon names digest and size when it opens a blob, and is then given that of another namespace. So these come through the gateway, by their bytes.
    private async Task FetchHereAsync(TransferPull pull, IEnumerable<Descriptor> wanted, Dictionary<string, ProgressItem> items, CancellationToken cancel)
    {
        var absent = new List<Descriptor>();
        foreach (var blob in pull.Plan.Blobs)
        {
            if (await pull.Store.FindAsync(blob, cancel) is null)
            {
                absent.Add(blob);
            }
        }

        var shared = await containerd.HeldElsewhereAsync(pull.Store.Client.Namespace, absent.ConvertAll(blob => blob.Digest.ToString()), cancel);
        var here = wanted.Select(layer => layer.Digest.ToString()).Concat(shared).ToHashSet(StringComparer.Ordinal);
        var turns = new Turns();
        foreach (var blob in absent.Where(blob => here.Contains(blob.Digest.ToString())))
        {
            await layers.FetchAsync(pull.Store, pull.Repository, blob, () => turns.Join(0), items[blob.Digest.ToString()], cancel);
        }
    }

    // The daemon passes over what is unpacked, without holding it. A child holds its parents.
    private static async Task HoldChainsAsync(NamespacedClient held, string snapshotter, PlannedImage[] images, CancellationToken cancel)
    {
        foreach (var chain in images.Select(image => ChainId.Of(image.Config!.DiffIds)))
        {
            for (var i = chain.Count - 1; i >= 0 && !await held.FindAndHoldSnapshotAsync(snapshotter, chain[i].ToString(), cancel); i--)
            {
            }
        }
    }

    private static RegistryEnd EndOf(TransferPull pull)
    {
        var (reference, digest) = (pull.Reference, pull.Plan.Target.Digest);
        var tag = reference.Tag is null ? "" : $":{reference.Tag}";
        return new RegistryEnd($"{reference.Domain}/{reference.Path}{tag}@{digest}", pull.Repository, pull.Credentials, $"cannot pull {reference}");
    }

    private static Gateway.Containerd.Types.Transfer.ImageStore StoreOf(TransferPull pull, PlannedImage[] unpacked)
    {
        var store = new Gateway.Containerd.Types.Transfer.ImageStore
        {
            Name = pull.Work.Reference,
            // Of an index that has a platform twice the better one is taken, as in the choice that was made.
            ManifestLimit = pull.Plan.Images.Count is 1 ? 1u : 0u,
        };
        // Transfer replaces the labels of a record; those that others have set are kept.
        store.Labels.Add(pull.Before?.Labels.ToDictionary(StringComparer.Ordinal) ?? []);
        foreach (var (key, value) in pull.Work.Labels)
        {
            store.Labels[key] = value;
        }

        store.Platforms.Add(pull.Plan.Images.Select(image => image.Descriptor.Platform ?? image.Config?.Platform).OfType<Platform>().Select(Wire).Distinct());
        store.Unpacks.Add(unpacked.Select(image => image.Config!.Platform!).Select(Wire).Distinct()
            .Select(platform => new UnpackConfiguration { Platform = platform, Snapshotter = pull.Work.Snapshotter }));
        return store;
    }

    private static WirePlatform Wire(Platform platform) => new() { Os = platform.Os, Architecture = platform.Architecture, Variant = platform.Variant ?? "" };

    // The daemon tells of what it fetched where that came from, but not of what was here.
    private static async Task<bool> MarkAsync(TransferPull pull, CancellationToken cancel)
    {
        var isAll = true;
        foreach (var blob in pull.Plan.Blobs)
        {
            var info = await pull.Store.FindAsync(blob, cancel);
            isAll &= info is not null;
            await pull.Store.MarkAsync(info, cancel);
        }

        return isAll;
    }

    private static async Task RequireUnpackedAsync(NamespacedClient held, PullWork work, PlannedImage[] images, CancellationToken cancel)
    {
        foreach (var chain in images.Select(image => ChainId.Of(image.Config!.DiffIds)).Where(chain => chain.Count > 0))
        {
            if (await held.FindSnapshotAsync(work.Snapshotter, chain[^1].ToString(), cancel) is null)
            {
                throw new ProblemException(ProblemKinds.NotSupportedByTransfer, $"containerd's Transfer service did not unpack all of {work.Reference} into {work.Snapshotter}");
            }
        }
    }
}
