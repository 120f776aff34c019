using Gateway.Http;
using Microsoft.Extensions.Options;

namespace Gateway.Images;

/// <summary>Archives that stream in or out at the same time: each has buffers, and a zstd window of up to 128 MiB.</summary>
internal sealed class ArchiveSlots(IOptions<ImageOptions> options) : IDisposable
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim free = new(options.Value.MaxConcurrentArchives);

    /// <summary>A slot, or 429: a client that waits with a body in hand is better told at once.</summary>
    public IDisposable Take() => free.Wait(TimeSpan.Zero)
        ? new Slot(free)
        : throw new ProblemException(ProblemKinds.TooManyRequests, $"{options.Value.MaxConcurrentArchives} archives are being received or sent already") { RetryAfter = Retry };

    public void Dispose() => free.Dispose();

    private sealed class Slot(SemaphoreSlim of) : IDisposable
    {
        public void Dispose() => of.Release();
    }
}
