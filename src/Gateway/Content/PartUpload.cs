using Gateway.Containerd;
using Gateway.Http;
using Gateway.Oci;
using Microsoft.Net.Http.Headers;

namespace Gateway.Content;

/// <summary>
/// An upload in parts. They come together in one ingest, under one lease, in order; the daemon hashes what it has, and its word at the commit
/// decides. What a part that is cut off has brought stays until the lease ends.
/// </summary>
internal sealed class PartUpload(ContainerdClient containerd, UploadLeases leases, LeaseLocks locks)
{
    private readonly KeyedLocks uploads = new();

    /// <summary>The ingest that the parts of a blob come together in.</summary>
    public static string RefOf(Digest digest) => $"upload-{digest}";

    public async Task<UploadView> StoreAsync(HttpRequest request, NamespacedClient client, Digest digest, UploadRange range, UploadQuery query, CancellationToken cancel)
    {
        var ingestRef = RefOf(digest);
        using var turn = uploads.TryEnter($"{client.Namespace}/{digest}") ?? throw InUse(ingestRef);
        await RequireNextAsync(client, ingestRef, range, cancel);
        var (writer, lease) = await OpenAsync(client, ingestRef, digest, range, query, cancel);
        var held = containerd.In(client.Namespace, lease.Id);
        try
        {
            await using (writer)
            {
                var size = await UploadBody.ReadAsync(request.Body, range.Length, range.Differs, chunk => writer.WriteAsync(chunk, cancel), cancel);
                if (size < range.Length)
                {
                    throw range.Differs(size);
                }

                if (!range.IsEnd)
                {
                    await writer.FlushAsync(cancel);
                    return new UploadView { Digest = digest.ToString(), Size = range.Total, Offset = writer.Offset, Lease = lease };
                }

                using var change = await locks.EnterAsync(client.Namespace, lease.Id, cancel);
                await WholeUpload.CommitAsync(writer, held, digest, cancel);
            }
        }
        catch (ProblemException wrong) when (wrong.Kind == ProblemKinds.DigestMismatch)
        {
            await held.AbortIngestAsync(ingestRef, CancellationToken.None);
            await DropOwnAsync(client, query, lease);
            throw;
        }

        var final = await leases.HoldAsync(client, digest, query);
        await DropOwnAsync(client, query, lease);
        return new UploadView { Digest = digest.ToString(), Size = range.Total, Lease = final };
    }

    private async Task<(BlobWriter Writer, UploadLeaseView Lease)> OpenAsync(
        NamespacedClient client, string ingestRef, Digest digest, UploadRange range, UploadQuery query, CancellationToken cancel)
    {
        var leaseId = query.Lease ?? UploadLeases.PartsIdOf(digest);
        using var change = await locks.EnterAsync(client.Namespace, leaseId, cancel);
        var lease = query.Lease is null
            ? await leases.ForPartsAsync(client, digest, query.TermOrDefault(), cancel)
            : await client.RequireFreeLeaseAsync(leaseId, cancel);
        var writer = await BlobWriter.TryOpenAsync(containerd.In(client.Namespace, leaseId), ingestRef, range.Total, cancel) ?? throw InUse(ingestRef);
        if (writer.Offset == range.First)
        {
            return (writer, UploadLeases.ViewOf(lease));
        }

        // Another gateway's part came in between.
        await using (writer)
        {
            throw NotNext(range, writer.Offset);
        }
    }

    private static async Task RequireNextAsync(NamespacedClient client, string ingestRef, UploadRange range, CancellationToken cancel)
    {
        var ingest = await client.FindIngestAsync(ingestRef, cancel);
        if (ingest is not null && ingest.Total != range.Total)
        {
            throw new ProblemException(ProblemKinds.Conflict, $"ingest '{ingestRef}' was begun for {ingest.Total} bytes; delete it to begin anew");
        }

        if (range.First != (ingest?.Offset ?? 0))
        {
            throw NotNext(range, ingest?.Offset ?? 0);
        }
    }

    private static Task DropOwnAsync(NamespacedClient client, UploadQuery query, UploadLeaseView lease) =>
        query.Lease is null ? client.DropLeaseAsync(lease.Id, sync: false, CancellationToken.None) : Task.CompletedTask;

    // As the distribution spec has it: Range tells what is there, so that the next part can be right.
    private static ProblemException NotNext(UploadRange range, long offset) =>
        new(ProblemKinds.RangeNotSatisfiable, $"the part begins at {range.First}, and {offset} bytes are there")
        {
            Header = offset is 0 ? null : (HeaderNames.Range, $"0-{offset - 1}"),
        };

    private static ProblemException InUse(string ingestRef) => new(ProblemKinds.IngestInUse, $"ingest '{ingestRef}' is being written");
}
