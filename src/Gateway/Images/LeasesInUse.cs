using System.Collections.Concurrent;

namespace Gateway.Images;

/// <summary>Leases that requests of this process work under at the moment, and that no job answers for.</summary>
internal sealed class LeasesInUse
{
    private readonly ConcurrentDictionary<string, bool> leases = new(StringComparer.Ordinal);

    public bool Contains(string leaseId) => leases.ContainsKey(leaseId);

    /// <summary>To be called before the lease is made; dispose the result when it is gone, or a job has taken it over.</summary>
    public IDisposable Add(string leaseId)
    {
        leases[leaseId] = true;
        return new Use(leases, leaseId);
    }

    private sealed class Use(ConcurrentDictionary<string, bool> leases, string leaseId) : IDisposable
    {
        public void Dispose() => leases.TryRemove(leaseId, out _);
    }
}
