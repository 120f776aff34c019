using Gateway.Containerd;

namespace Gateway.Images;

/// <summary>
/// One writer of this process at a time for each image record. containerd compares nothing when it writes one, so what is checked before a
/// write (If-Match, a prune's reading) only holds at it while no other of our own writers comes between. Other clients are not held off.
/// </summary>
internal sealed class RecordLocks
{
    private readonly KeyedLocks records = new();

    public Task<IDisposable> EnterAsync(string containerdNamespace, string name, CancellationToken cancel) =>
        records.EnterAsync($"{containerdNamespace}/{name}", cancel);
}
