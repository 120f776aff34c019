using Gateway.Containerd;
using Gateway.Containerd.Services.Leases;

namespace Gateway.Leases;

/// <summary>A lease: what keeps content, snapshots, ingests and images from the garbage collector.</summary>
internal sealed record LeaseView
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>Its labels; those of containerd are shown but cannot be set.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>When it was made; a lease whose term or labels change is made anew.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>When containerd may drop it; absent where it never does.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Whether its term is over. It keeps nothing any more, and goes with the next garbage collection.</summary>
    public required bool Expired { get; init; }

    public static LeaseView From(Lease lease, DateTimeOffset now) => new()
    {
        Id = lease.Id,
        Labels = new SortedDictionary<string, string>(lease.Labels, StringComparer.Ordinal),
        CreatedAt = lease.CreatedAt.OrNull(),
        ExpiresAt = lease.ExpiresAt(),
        Expired = lease.ExpiresAt() <= now,
    };
}
