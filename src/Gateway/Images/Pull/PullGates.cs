using Gateway.Containerd;
using Gateway.Oci;
using Microsoft.Extensions.Options;

namespace Gateway.Images.Pull;

/// <summary>What the pulls of this node share: download slots, and one worker at a time for each blob and each link of a chain.</summary>
internal sealed class PullGates(IOptions<ImageOptions> options) : IDisposable
{
    private readonly KeyedLocks blobs = new();
    private readonly KeyedLocks chains = new();
    private readonly SemaphoreSlim downloads = new(options.Value.MaxConcurrentDownloadsPerNode);

    /// <summary>A second pull of the blob waits here and then finds it in the store. Never across namespaces: each proves its own access.</summary>
    public Task<IDisposable> BlobAsync(string containerdNamespace, Digest digest, CancellationToken cancel) =>
        blobs.EnterAsync($"{containerdNamespace}/{digest}", cancel);

    /// <summary>The same for several, in one order for all who ask, so that none waits for another in a circle.</summary>
    public async Task<IDisposable> BlobsAsync(string containerdNamespace, IEnumerable<string> digests, CancellationToken cancel)
    {
        var all = new Several();
        try
        {
            foreach (var digest in digests.Order(StringComparer.Ordinal))
            {
                all.Held.Add(await blobs.EnterAsync($"{containerdNamespace}/{digest}", cancel));
            }

            return all;
        }
        catch
        {
            all.Dispose();
            throw;
        }
    }

    /// <summary>The same without waiting; null while another pull works on the blob.</summary>
    public IDisposable? TryBlob(string containerdNamespace, string digest) => blobs.TryEnter($"{containerdNamespace}/{digest}");

    public Task<IDisposable> ChainAsync(string containerdNamespace, string snapshotter, Digest chainId, CancellationToken cancel) =>
        chains.EnterAsync($"{containerdNamespace}/{snapshotter}/{chainId}", cancel);

    /// <summary>One of the node's download slots.</summary>
    public async Task<IDisposable> DownloadSlotAsync(CancellationToken cancel)
    {
        await downloads.WaitAsync(cancel);
        return new Slot(downloads);
    }

    public void Dispose() => downloads.Dispose();

    private sealed class Slot(SemaphoreSlim of) : IDisposable
    {
        public void Dispose() => of.Release();
    }

    private sealed class Several : IDisposable
    {
        public List<IDisposable> Held { get; } = [];

        public void Dispose() => Held.ForEach(one => one.Dispose());
    }
}
