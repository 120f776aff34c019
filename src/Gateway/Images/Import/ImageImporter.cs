using Gateway.Containerd;
using Gateway.Containerd.Types;
using Gateway.Http;
using Gateway.Images.Pull;
using Gateway.Jobs;
using Gateway.Oci;

namespace Gateway.Images.Import;

/// <summary>
/// Makes images of an archive's blobs. Steps, each safe to repeat: 1 labels that lead the garbage collector through the documents · 2 unpack ·
/// 3 the image records, last.
/// </summary>
internal sealed class ImageImporter(Unpacker unpacker, RecordLocks records)
{
    public async Task<ImportResult> ImportAsync(NamespacedClient held, ImportWork work, JobProgress progress, CancellationToken cancel)
    {
        // 1
        var unpacks = await LabelAsync(held, work, cancel);

        // 2
        progress.Enter(JobPhase.Unpacking);
        foreach (var manifest in unpacks)
        {
            await UnpackAsync(held, work.Snapshotter, manifest, progress, cancel);
        }

        // 3
        progress.Enter(JobPhase.Finalizing);
        await ImportPlan.RequireFreeNamesAsync(held, work, cancel);
        foreach (var image in work.Images)
        {
            using var writing = await records.EnterAsync(held.Namespace, image.Name, cancel);
            await PutAsync(held, image, work.Overwrite, cancel);
        }

        return new ImportResult(work.Images, work.ArchiveBytes, work.BlobsWritten, work.BlobsExisting);
    }

    private static async Task<IReadOnlyList<Descriptor>> LabelAsync(NamespacedClient held, ImportWork work, CancellationToken cancel)
    {
        var walk = held.WalkStored(work.Wanted, passesOverAbsent: false);
        var unpacks = new List<Descriptor>();
        foreach (var target in work.Images.Select(image => image.Target).Distinct())
        {
            var choice = new UnpackChoice(work);
            await foreach (var document in walk.VisitAsync(DescriptorOf(target), cancel))
            {
                choice.Add(document);
                await held.SetLabelsAsync(document.Descriptor.Digest.ToString(), LabelsOf(document), cancel);
            }

            unpacks.AddRange(choice.Manifests);
        }

        // Only where the lease ran out while the job waited, or someone removed content by hand.
        return walk.Missing.Any
            ? throw new ProblemException(ProblemKinds.ContentMissing, $"the archive's content is no longer all here: {walk.Missing}; send it again")
            : unpacks.DistinctBy(manifest => manifest.Digest).ToArray();
    }

    private static Dictionary<string, string> LabelsOf(WalkedDocument walked) => walked.Document switch
    {
        ImageIndex index => GcLabels.OfIndex(index, walked.Kept),
        { } manifest => GcLabels.Of(manifest),
        null => [],
    };

    private async Task UnpackAsync(NamespacedClient held, string snapshotter, Descriptor descriptor, JobProgress progress, CancellationToken cancel)
    {
        var manifest = (ImageManifest)OciDocument.Parse(await held.ReadDocumentAsync(descriptor.Digest, cancel), descriptor.MediaType);
        var config = ImageConfig.Parse(await held.ReadDocumentAsync(manifest.Config.Digest, cancel));
        var layers = manifest.Layers.Select(layer => LayerOf(layer, progress)).ToArray();
        await unpacker.UnpackAsync(held, snapshotter, manifest.Config, config.DiffIds, layers, cancel);
    }

    private static LayerWork LayerOf(Descriptor layer, JobProgress progress)
    {
        var item = progress.Add(layer.Digest.ToString(), layer.MediaType, layer.Size, unpacks: true);
        item.Resume(layer.Size);
        item.State = ItemState.Downloaded;
        return new LayerWork(layer, Task.CompletedTask, item);
    }

    private static async Task PutAsync(NamespacedClient held, ImportedImage image, bool overwrite, CancellationToken cancel)
    {
        var target = new ContentDescriptor { MediaType = image.Target.MediaType, Digest = image.Target.Digest, Size = image.Target.Size };
        var noLabels = new Dictionary<string, string>(StringComparer.Ordinal);
        if (overwrite)
        {
            await held.PutImageAsync(image.Name, target, noLabels, cancel);
        }
        else if (await held.CreateImageAsync(image.Name, target, noLabels, cancel) is null
            && await held.FindImageAsync(image.Name, cancel) is { } there && there.Target.Digest != image.Target.Digest)
        {
            throw ImportPlan.Taken(image.Name, there.Target.Digest);
        }
    }

    private static Descriptor DescriptorOf(TargetView target) => new() { MediaType = target.MediaType, Digest = Digest.Parse(target.Digest), Size = target.Size };
}
