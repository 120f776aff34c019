using Gateway.Containerd;
using Gateway.Images.Pull;
using Gateway.Oci;

namespace Gateway.Images.Custom;

/// <summary>Stores documents that were made here. They come from no registry, so they carry no label that says so.</summary>
internal sealed class CustomDocuments(PullGates gates)
{
    /// <summary>Stores the bytes under the client's lease. The same document of an earlier attempt, or of another image, is as good.</summary>
    public async Task<Descriptor> StoreAsync(NamespacedClient held, string mediaType, byte[] bytes, IReadOnlyDictionary<string, string> labels, CancellationToken cancel)
    {
        var document = new Descriptor { MediaType = mediaType, Digest = Digest.Of(bytes), Size = bytes.Length };
        var digest = document.Digest.ToString();
        using var blob = await gates.BlobAsync(held.Namespace, document.Digest, cancel);
        if (await held.FindAndHoldAsync(digest, cancel) is not null || !await WriteAsync(held, document, bytes, labels, cancel))
        {
            await held.SetLabelsAsync(digest, labels, cancel);
        }

        return document;
    }

    // Whether the labels were stored with the bytes. A blob that came some other way meanwhile is held like one that was written.
    private static async Task<bool> WriteAsync(
        NamespacedClient held, Descriptor document, byte[] bytes, IReadOnlyDictionary<string, string> labels, CancellationToken cancel)
    {
        var digest = document.Digest.ToString();
        await using var writer = await BlobWriter.OpenAsync(
            held, BlobStore.IngestRef(document), bytes.Length, async stop => await held.FindAndHoldAsync(digest, stop) is not null, cancel);
        if (writer is null)
        {
            return false;
        }

        for (var at = (int)writer.Offset; at < bytes.Length; at += BlobWriter.ChunkBytes)
        {
            await writer.WriteAsync(bytes.AsMemory(at, Math.Min(BlobWriter.ChunkBytes, bytes.Length - at)), cancel);
        }

        return await writer.CommitAsync(digest, labels, cancel) is null;
    }
}
