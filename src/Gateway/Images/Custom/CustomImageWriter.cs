using Gateway.Containerd;
using Gateway.Containerd.Types;
using Gateway.Images.Pull;
using Gateway.Jobs;
using Gateway.Oci;
using Gateway.Oci.Writing;

namespace Gateway.Images.Custom;

/// <summary>What a commit or a compose leaves behind.</summary>
/// <param name="Image">The image record.</param>
/// <param name="Digest">Digest of the new manifest.</param>
/// <param name="ConfigDigest">Digest of the new config.</param>
/// <param name="Layers">The layers on top of the base's, lowest first; none where only the config has changed.</param>
/// <param name="Changed">Whether the name stands for something else than before.</param>
/// <param name="PreviousDigest">What it stood for before, where it did.</param>
internal sealed record CustomResult(ImageView Image, string Digest, string ConfigDigest, IReadOnlyList<TargetView> Layers, bool Changed, string? PreviousDigest);

/// <summary>
/// Makes an image whose layers stand in the content store. Steps, each safe to repeat: 1 config and manifest, with the labels that lead the
/// garbage collector from one to the other · 2 unpack what is not unpacked yet · 3 the image record, last: whoever sees it can use it.
/// </summary>
internal sealed class CustomImageWriter(CustomDocuments documents, Unpacker unpacker, RecordLocks records)
{
    /// <param name="held">A client whose lease holds the base's blobs and the layers.</param>
    /// <param name="snapshotter">Where to unpack to; null: not at all.</param>
    public async Task<CustomResult> WriteAsync(
        NamespacedClient held, string reference, string? snapshotter, BaseImage from, NewImage image, JobProgress progress, CancellationToken cancel)
    {
        // 1
        var layers = from.Layers.Concat(image.Layers.Select(layer => layer.Descriptor)).ToArray();
        var bytes = ConfigWriter.Write(from.ConfigBytes, image);
        var parsed = ImageConfig.Parse(bytes);
        var config = await documents.StoreAsync(held, ManifestWriter.ConfigType(from.MediaType), bytes, new Dictionary<string, string>(StringComparer.Ordinal), cancel);
        var manifestBytes = ManifestWriter.Write(from.MediaType, config, layers);
        var labels = GcLabels.Of(OciDocument.Parse(manifestBytes, from.MediaType));
        var manifest = await documents.StoreAsync(held, from.MediaType, manifestBytes, labels, cancel);

        // 2
        if (snapshotter is not null && (parsed.Platform ?? Oci.Platform.Host).Os == Oci.Platform.Host.Os)
        {
            progress.Enter(JobPhase.Unpacking);
            await unpacker.UnpackAsync(held, snapshotter, config, parsed.DiffIds, Works(layers, from.Layers.Count, progress), cancel);
        }

        // 3
        progress.Enter(JobPhase.Finalizing);
        using var writing = await records.EnterAsync(held.Namespace, reference, cancel);
        var before = await held.FindImageAsync(reference, cancel);
        if (before is not null && before.Target.Digest != manifest.Digest.ToString())
        {
            ImagePins.RequireUnpinned(before);
        }

        var target = new ContentDescriptor { MediaType = manifest.MediaType, Digest = manifest.Digest.ToString(), Size = manifest.Size };
        var record = await held.PutImageAsync(reference, target, new Dictionary<string, string>(StringComparer.Ordinal), cancel);
        return new CustomResult(
            ImageView.From(record), target.Digest, config.Digest.ToString(), [.. image.Layers.Select(layer => TargetView.From(layer.Descriptor))],
            before?.Target.Digest != target.Digest, before?.Target.Digest);
    }

    // One item a blob, however many places in the chain it has.
    private static LayerWork[] Works(IReadOnlyList<Descriptor> layers, int existing, JobProgress progress)
    {
        var items = new Dictionary<Digest, ProgressItem>();
        return [.. layers.Select((layer, place) => new LayerWork(layer, Task.CompletedTask, ItemOf(layer, place < existing)))];

        ProgressItem ItemOf(Descriptor layer, bool exists)
        {
            if (!items.TryGetValue(layer.Digest, out var item))
            {
                items[layer.Digest] = item = progress.Add(layer.Digest.ToString(), layer.MediaType, layer.Size, unpacks: true);
                item.Resume(layer.Size);
                item.State = exists ? ItemState.Exists : ItemState.Downloaded;
            }

            return item;
        }
    }
}
