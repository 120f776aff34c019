using Gateway.Containerd;
using Gateway.Jobs;
using Gateway.Oci;
using Gateway.Oci.Registry;

namespace Gateway.Images.Pull;

/// <summary>
/// Brings one blob from the registry into the content store. The digest is checked twice: by the registry stream while the bytes pass, and
/// by the daemon at the commit, which also covers bytes an earlier attempt left.
/// </summary>
internal sealed class LayerFetcher(PullGates gates)
{
    private static readonly IReadOnlyDictionary<string, string> NoLabels = new Dictionary<string, string>(StringComparer.Ordinal);

    public async Task FetchAsync(BlobStore store, Repository repository, Descriptor layer, Func<Turns.Place> join, ProgressItem item, CancellationToken cancel)
    {
        using var blob = await gates.BlobAsync(store.Client.Namespace, layer.Digest, cancel);
        if (await store.FindAsync(layer, cancel) is { } here)
        {
            await store.LabelAsync(here, NoLabels, cancel);
            item.Reached(layer.Size);
            item.State = ItemState.Exists;
            return;
        }

        using var slot = await gates.DownloadSlotAsync(cancel);
        item.State = ItemState.Downloading;
        try
        {
            await DownloadAsync(store, repository, layer, join, item, cancel);
        }
        catch (OciException wrong) when (wrong.Fault is OciFault.DigestMismatch)
        {
            // What an earlier attempt left may be bad, or the path was: once more from zero, then it is the registry's fault.
            await store.Client.AbortIngestAsync(BlobStore.IngestRef(layer), cancel);
            await DownloadAsync(store, repository, layer, join, item, cancel);
        }

        item.Reached(layer.Size);
        item.State = ItemState.Downloaded;
    }

    private static async Task DownloadAsync(BlobStore store, Repository repository, Descriptor layer, Func<Turns.Place> join, ProgressItem item, CancellationToken cancel)
    {
        await using var writer = await store.OpenAsync(layer, cancel);
        if (writer is null)
        {
            return;
        }

        item.Resume(writer.Offset);
        if (writer.Offset < layer.Size)
        {
            await using var source = await repository.OpenBlobAsync(layer, writer.Offset, cancel);
            using var place = join();
            await BlobCopy.RunAsync(source, writer, place.RunAsync, () => item.Reached(writer.Stored), cancel);
        }

        await store.CommitAsync(writer, layer, NoLabels, cancel);
    }
}
