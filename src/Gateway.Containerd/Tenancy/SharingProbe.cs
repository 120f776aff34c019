using System.Security.Cryptography;
using Gateway.Containerd.Services.Content;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Containerd.Tenancy;

/// <summary>
/// Tries what a thief would: names digest and size of a blob that another namespace holds, and shows none of its bytes. Under the daemon's default
/// <c>content_sharing_policy</c> that is enough to get it.
/// </summary>
/// <remarks>The one place where <c>expected</c> is named at the opening of a write: the blob is random, of 64 bytes, and the probe's own.</remarks>
public sealed class SharingProbe(ContainerdClient containerd, TimeProvider time)
{
    private const string Ingest = "probe";
    private const int BlobBytes = 64;

    /// <summary>How long one probe may take.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Whether a namespace gets a blob of another by naming it. What is made for it is removed, however it ends.</summary>
    /// <exception cref="RpcException">The daemon cannot be asked, or did not keep the blob that was to be stolen: then nothing is known.</exception>
    public async Task<bool> GivesAwayAsync(CancellationToken cancel)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limited.CancelAfter(Limit);
        var (owner, thief) = ProbeNamespaces.NewPair(time.GetUtcNow());
        try
        {
            return await GivesAwayAsync(owner, thief, limited.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new RpcException(new Grpc.Core.Status(StatusCode.DeadlineExceeded, $"the probe took longer than {Limit.TotalSeconds} s"));
        }
        finally
        {
            await ProbeNamespaces.RemoveAsync(containerd, thief);
            await ProbeNamespaces.RemoveAsync(containerd, owner);
        }
    }

    private async Task<bool> GivesAwayAsync(string owner, string thief, CancellationToken cancel)
    {
        var bytes = RandomNumberGenerator.GetBytes(BlobBytes);
        var digest = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";
        var atOwner = await ProbeNamespaces.HoldAsync(containerd, owner, time.GetUtcNow(), cancel);
        await StoreAsync(atOwner, bytes, cancel);

        var atThief = await ProbeNamespaces.HoldAsync(containerd, thief, time.GetUtcNow(), cancel);
        await ClaimAsync(atThief, digest, cancel);
        var isGiven = await atThief.FindAsync(digest, cancel) is not null;

        // A blob that was not there could not be stolen: that would prove nothing.
        return isGiven || await atOwner.FindAsync(digest, cancel) is not null
            ? isGiven
            : throw new RpcException(new Grpc.Core.Status(StatusCode.Aborted, "the probe's blob went away before it could be stolen"));
    }

    private static async Task StoreAsync(NamespacedClient owner, byte[] bytes, CancellationToken cancel)
    {
        using var call = await owner.OpenWriteAsync(cancel);
        await call.WriteAsync(new WriteContentRequest { Action = WriteAction.Commit, Ref = Ingest, Total = bytes.Length, Data = ByteString.CopyFrom(bytes) }, cancel);
        await call.CompleteAsync();
        while (await call.ReadAsync(cancel) is not null)
        {
        }
    }

    // Zeros stand where the daemon has no bytes of its own accord. What it refuses is as it should be.
    private static async Task ClaimAsync(NamespacedClient thief, string digest, CancellationToken cancel)
    {
        try
        {
            using var call = await thief.OpenWriteAsync(cancel);
            var claim = new WriteContentRequest { Action = WriteAction.Stat, Ref = Ingest, Total = BlobBytes, Expected = digest };
            await call.WriteAsync(claim, cancel);
            var offset = (await call.ReadAsync(cancel))?.Offset ?? 0;
            claim.Action = WriteAction.Commit;
            claim.Offset = offset;
            claim.Data = ByteString.CopyFrom(new byte[BlobBytes - offset]);
            await call.WriteAsync(claim, cancel);
            await call.CompleteAsync();
            while (await call.ReadAsync(cancel) is not null)
            {
            }
        }
        catch (RpcException refused) when (refused.StatusCode is not (StatusCode.Unavailable or StatusCode.Cancelled or StatusCode.DeadlineExceeded))
        {
            // FAILED_PRECONDITION: the zeros are not the blob. ALREADY_EXISTS: it was given at the opening. What counts is whether it can be read now.
        }
    }
}
