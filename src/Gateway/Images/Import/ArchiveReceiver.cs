using Gateway.Containerd;
using Gateway.Oci;
using Gateway.Oci.Archives;
using Grpc.Core;

namespace Gateway.Images.Import;

/// <summary>
/// Puts the files of one archive into the content store under the import's lease, each under the digest of its bytes. A digest is never named to
/// the daemon before all the bytes have been seen: naming one could hand out a blob of another namespace. Labels are the job's to set.
/// </summary>
internal sealed class ArchiveReceiver(NamespacedClient held, DiskRoom room, QuotaMeter quota)
{
    private const int SkipBytes = 256 * 1024;

    private static readonly IReadOnlyDictionary<string, string> NoLabels = new Dictionary<string, string>(StringComparer.Ordinal);

    private readonly HashSet<Digest> stored = [];
    private int ingests;

    public int Written { get; private set; }

    public int Existing { get; private set; }

    public async Task<Digest> StoreAsync(ArchiveFile file, CancellationToken cancel)
    {
        if (file.Named is { } named && (stored.Contains(named) || await held.FindAndHoldAsync(named.ToString(), cancel) is not null))
        {
            await ReadThroughAsync(file, cancel);
            return Note(file.Finish(), isNew: false);
        }

        room.Require(file.Size);
        await quota.TakeAsync(file.Size, cancel);
        var ingest = NextIngest();
        Digest digest;
        await using (var writer = await OpenAsync(ingest, file.Size, cancel))
        {
            await BlobCopy.RunAsync(file, writer, write => write(), () => { }, cancel);
            digest = file.Finish();
            // Held before the commit, which does not add to the lease what was here before: that may just be collected.
            if (digest == file.Named || await held.FindAndHoldAsync(digest.ToString(), cancel) is null)
            {
                return Note(digest, await CommitAsync(writer, digest, cancel));
            }
        }

        await held.AbortIngestAsync(ingest, cancel);
        return Note(digest, isNew: false);
    }

    /// <summary>Stores a document that was made here.</summary>
    public async Task StoreAsync(Descriptor descriptor, byte[] bytes, CancellationToken cancel) =>
        Note(descriptor.Digest, await held.FindAndHoldAsync(descriptor.Digest.ToString(), cancel) is null && await WriteAsync(descriptor.Digest, bytes, cancel));

    private async Task<bool> WriteAsync(Digest digest, byte[] bytes, CancellationToken cancel)
    {
        await using var writer = await OpenAsync(NextIngest(), bytes.Length, cancel);
        for (var at = 0; at < bytes.Length; at += BlobWriter.ChunkBytes)
        {
            await writer.WriteAsync(bytes.AsMemory(at, Math.Min(BlobWriter.ChunkBytes, bytes.Length - at)), cancel);
        }

        return await CommitAsync(writer, digest, cancel);
    }

    private string NextIngest() => $"import-{held.LeaseId}-{ingests++}";

    // The ref is this import's alone, so nobody else can hold it.
    private async Task<BlobWriter> OpenAsync(string ingest, long size, CancellationToken cancel) =>
        (await BlobWriter.OpenAsync(held, ingest, size, _ => Task.FromResult(false), cancel))!;

    private static async Task<bool> CommitAsync(BlobWriter writer, Digest digest, CancellationToken cancel)
    {
        try
        {
            return await writer.CommitAsync(digest.ToString(), NoLabels, cancel) is null;
        }
        catch (RpcException wrong) when (wrong.StatusCode is StatusCode.FailedPrecondition)
        {
            throw new OciException(OciFault.DigestMismatch, $"{digest}: the stored bytes are not those of the digest", wrong);
        }
    }

    private static async Task ReadThroughAsync(ArchiveFile file, CancellationToken cancel)
    {
        var rest = new byte[Math.Min(SkipBytes, file.Size)];
        while (await file.ReadAsync(rest, cancel) > 0)
        {
        }
    }

    private Digest Note(Digest digest, bool isNew)
    {
        if (stored.Add(digest))
        {
            (Written, Existing) = isNew ? (Written + 1, Existing) : (Written, Existing + 1);
        }

        return digest;
    }
}
