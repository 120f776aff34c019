using Gateway.Containerd;
using Gateway.Http;
using Gateway.Images.Pull;
using Gateway.Oci;

namespace Gateway.Images.Push;

/// <summary>The content of a push: each blob is held by its lease before it counts as here, so that nothing is collected under it. Notes what is missing.</summary>
internal sealed class HeldContent(BlobStore store)
{
    /// <summary>Missing digests that the problem names.</summary>
    private const int MaxNamed = 16;

    private readonly HashSet<Digest> missing = [];
    private readonly List<Digest> named = [];

    public bool IsAllHere => missing.Count is 0;

    public bool Lacks(Descriptor blob) => missing.Contains(blob.Digest);

    /// <summary>Whether the blob is here, and from now on held.</summary>
    public async Task<bool> HoldAsync(Descriptor blob, CancellationToken cancel)
    {
        var info = await store.FindAsync(blob, cancel);
        if (info is null && missing.Add(blob.Digest) && named.Count < MaxNamed)
        {
            named.Add(blob.Digest);
        }

        return info is null || info.Size == blob.Size
            ? info is not null
            : throw new OciException(OciFault.ManifestInvalid, $"{blob.Digest} is stored with {info.Size} bytes where {blob.Size} are named");
    }

    /// <summary>The index or manifest, held; null where it is missing.</summary>
    public async Task<OciDocument?> ReadAsync(Descriptor entry, CancellationToken cancel) =>
        await HoldAsync(entry, cancel) ? OciDocument.Parse(await BytesAsync(entry, cancel), entry.MediaType, allowForeign: true) : null;

    /// <summary>A document's bytes; over 4 MiB nothing is read.</summary>
    public Task<byte[]> BytesAsync(Descriptor document, CancellationToken cancel) => document.Size <= DocumentLimits.MaxBytes
        ? store.Client.ReadAllAsync(document.Digest.ToString(), DocumentLimits.MaxBytes, cancel)
        : throw new OciException(OciFault.ManifestTooLarge, $"{document.Digest} is over {DocumentLimits.MaxBytes} bytes");

    /// <summary>Throws where something was missing, and names the first of it.</summary>
    public void RequireAll(string reference)
    {
        if (!IsAllHere)
        {
            var list = string.Join(", ", named) + (missing.Count > named.Count ? ", ..." : "");
            throw new ProblemException(ProblemKinds.ContentMissing, $"{reference} is not all here: {missing.Count} of its blobs are missing: {list}");
        }
    }
}
