using System.ComponentModel.DataAnnotations;
using Gateway.Containerd;
using Gateway.Containerd.Services.Content;
using Gateway.Http;
using Microsoft.Extensions.Options;

namespace Gateway;

/// <summary>Section <c>Limits</c>, as far as it bounds bytes.</summary>
internal sealed class ByteQuotaOptions
{
    public const string Section = "Limits";

    /// <summary>Bytes of content that one namespace may hold. Default 0, which is no limit; to 1 PiB.</summary>
    [Range(0L, 1L << 50)]
    public long BytesPerNamespace { get; init; }
}

/// <summary>
/// What a namespace may hold: the sizes of its blobs, and of those that are just coming in. It is judged before work begins that would store more, and again
/// while bytes come in that were not known before. Snapshots do not count.
/// </summary>
internal sealed class ByteQuota(IOptions<ByteQuotaOptions> options)
{
    /// <summary>Room comes by deleting, and by the collection after it.</summary>
    private static readonly TimeSpan Again = TimeSpan.FromMinutes(1);

    /// <summary>Throws <c>quota_exceeded</c> where the namespace is full.</summary>
    public Task RequireRoomAsync(NamespacedClient client, CancellationToken cancel) => RequireAsync(client, bytes: 1, _ => false, cancel);

    /// <summary>Throws <c>quota_exceeded</c> where the namespace would hold more than it may.</summary>
    /// <param name="bytes">What is about to be stored, as far as that is known.</param>
    /// <param name="isOwn">Of the ref of an ingest, whether what comes in by it is among those bytes.</param>
    public Task RequireAsync(NamespacedClient client, long bytes, Func<string, bool> isOwn, CancellationToken cancel) =>
        RequireAsync(client, () => Task.FromResult(bytes), isOwn, cancel);

    /// <summary>The same where it takes some asking to tell how much is missing; none is as good as no work.</summary>
    public async Task RequireAsync(NamespacedClient client, Func<Task<long>> missing, Func<string, bool> isOwn, CancellationToken cancel)
    {
        var most = options.Value.BytesPerNamespace;
        if (most is 0 || await missing() is not (> 0 and var bytes))
        {
            return;
        }

        var used = await StoredAsync(client, cancel) + await ComingAsync(client, isOwn, cancel);
        if (used + bytes > most)
        {
            var full = $"namespace '{client.Namespace}' holds {used} bytes and may hold {most}";
            throw new ProblemException(ProblemKinds.QuotaExceeded, bytes is 1 ? full : $"{full}; {bytes} are to be stored") { RetryAfter = Again };
        }
    }

    /// <summary>Judges what is received into the namespace without its size being known before.</summary>
    public QuotaMeter Meter(NamespacedClient client) => new(this, client);

    private static async Task<long> StoredAsync(NamespacedClient client, CancellationToken cancel)
    {
        var bytes = 0L;
        await foreach (var blob in client.BlobsAsync(cancel))
        {
            bytes += blob.Size;
        }

        return bytes;
    }

    private static async Task<long> ComingAsync(NamespacedClient client, Func<string, bool> isOwn, CancellationToken cancel) =>
        (await client.Content.ListStatusesAsync(new ListStatusesRequest(), cancellationToken: cancel)).Statuses
            .Where(ingest => !isOwn(ingest.Ref)).Sum(ingest => Math.Max(ingest.Total, ingest.Offset));
}

/// <summary>Judges the room for bytes as they come: for the next one with every 16 MiB, so as much may go beyond it.</summary>
internal sealed class QuotaMeter(ByteQuota quota, NamespacedClient client)
{
    private const long Step = 16L << 20;

    private long unjudged;

    /// <summary>Throws <c>quota_exceeded</c> where there is no room for these.</summary>
    public async Task TakeAsync(long bytes, CancellationToken cancel)
    {
        unjudged += bytes;
        if (unjudged >= Step)
        {
            await quota.RequireAsync(client, bytes, _ => false, cancel);
            unjudged = 0;
        }
    }
}
