using Gateway.Containerd;
using Gateway.Http;
using Gateway.Oci;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Gateway.Content;

/// <summary>An upload in one request. The bytes are hashed here before the daemon hears of a digest. What fails leaves nothing.</summary>
internal sealed class WholeUpload(UploadLeases leases, ByteQuota quota, IOptions<ContentOptions> options)
{
    private static readonly Dictionary<string, string> NoLabels = new(StringComparer.Ordinal);

    public Task<UploadView> StoreAsync(HttpRequest request, NamespacedClient client, Digest digest, UploadQuery query, CancellationToken cancel) =>
        leases.RunAsync(client.Namespace, digest, async held =>
        {
            var size = await StoreAsync(request, held, digest, cancel);
            return new UploadView { Digest = digest.ToString(), Size = size, Lease = await leases.HoldAsync(client, digest, query) };
        });

    /// <summary>Only checks the body of a blob that is there; null where it is gone after all.</summary>
    public Task<UploadView?> CheckAsync(HttpRequest request, NamespacedClient client, Digest digest, UploadQuery query, CancellationToken cancel) =>
        leases.RunAsync(client.Namespace, digest, async held =>
        {
            if (await held.FindAndHoldAsync(digest.ToString(), cancel) is not { } info)
            {
                return null;
            }

            if (UploadRange.Of(request) is null)
            {
                await UploadBody.ReceiveAsync(request, digest, options.Value.MaxUploadBytes, _ => Task.CompletedTask, cancel);
            }

            return new UploadView { Digest = digest.ToString(), Size = info.Size, Lease = await leases.HoldAsync(client, digest, query) };
        });

    /// <summary>Commits; a blob that has come some other way is as good.</summary>
    public static async Task CommitAsync(BlobWriter writer, NamespacedClient held, Digest digest, CancellationToken cancel)
    {
        try
        {
            await writer.CommitAsync(digest.ToString(), NoLabels, cancel);
        }
        catch (RpcException wrong) when (wrong.StatusCode is StatusCode.FailedPrecondition)
        {
            throw UploadBody.Mismatch(digest, wrong);
        }
        catch (RpcException ended) when (ended.StatusCode is StatusCode.NotFound)
        {
            throw new ProblemException(ProblemKinds.Conflict, $"lease '{held.LeaseId}' ended before the upload did", ended);
        }
    }

    private async Task<long> StoreAsync(HttpRequest request, NamespacedClient held, Digest digest, CancellationToken cancel)
    {
        // A ref of its own: two that upload the same do not wait for each other.
        var ingestRef = $"upload-{digest}-{Guid.NewGuid():N}";
        try
        {
            await using var writer = await BlobWriter.TryOpenAsync(held, ingestRef, request.ContentLength ?? 0, cancel)
                ?? throw new ProblemException(ProblemKinds.IngestInUse, $"ingest '{ingestRef}' is being written");
            var meter = request.ContentLength is null ? quota.Meter(held) : null;
            var size = await UploadBody.ReceiveAsync(request, digest, options.Value.MaxUploadBytes, TakeAsync, cancel);
            await CommitAsync(writer, held, digest, cancel);
            return size;

            async Task TakeAsync(ReadOnlyMemory<byte> chunk)
            {
                await (meter?.TakeAsync(chunk.Length, cancel) ?? Task.CompletedTask);
                await writer.WriteAsync(chunk, cancel);
            }
        }
        catch
        {
            await held.AbortIngestAsync(ingestRef, CancellationToken.None);
            throw;
        }
    }
}
