namespace Gateway.Containerd;

/// <summary>One worker of this process at a time for each lease: one that changes is gone for a moment, and a call under it would fail then.</summary>
public sealed class LeaseLocks
{
    private readonly KeyedLocks locks = new();

    /// <summary>Waits for the lease; dispose the result to give it up.</summary>
    public Task<IDisposable> EnterAsync(string containerdNamespace, string leaseId, CancellationToken cancel) =>
        locks.EnterAsync($"{containerdNamespace}/{leaseId}", cancel);
}
