using Gateway.Containerd;
using Gateway.Jobs;
using Gateway.Oci;
using Gateway.Oci.Registry;

namespace Gateway.Images.Pull;

/// <summary>
/// Brings the documents of an image (indexes, manifests, configs) into the content store, each with the labels that lead the garbage
/// collector to its children.
/// </summary>
internal sealed class DocumentFetcher(PullGates gates)
{
    public Task<PullPlan> FetchAsync(
        BlobStore store, Repository repository, Descriptor target, PullWork work, JobProgress progress, CancellationToken cancel)
    {
        var documents = new Documents(store, repository, progress);
        return DocumentWalk.PlanAsync(target, work.WantedPlatforms, (descriptor, stop) => FetchDocumentAsync(documents, descriptor, stop), cancel);
    }

    /// <summary>A document from the content store, or else from the registry into it.</summary>
    private async Task<byte[]> FetchDocumentAsync(Documents documents, Descriptor descriptor, CancellationToken cancel)
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
        var labels = MediaTypes.IsConfig(descriptor.MediaType) ? [] : GcLabels.Of(OciDocument.Parse(bytes, descriptor.MediaType));
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

    /// <summary>From where, to where, and where it is told.</summary>
    private sealed record Documents(BlobStore Store, Repository Repository, JobProgress Progress);
}
