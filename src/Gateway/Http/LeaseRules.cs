using Gateway.Containerd;
using Gateway.Containerd.Services.Leases;

namespace Gateway.Http;

/// <summary>What holds for every feature that is given a lease by its caller.</summary>
internal static class LeaseRules
{
    /// <summary>On a lease of one of the gateway's jobs: the job's id.</summary>
    public const string JobLabel = "gateway/job";

    /// <summary>Begins ids of leases that only the gateway makes.</summary>
    public const string OwnIdPrefix = "gw-";

    /// <summary>Begins labels that only the gateway sets.</summary>
    public const string OwnLabelPrefix = "gateway/";

    /// <summary>Bounds of a term.</summary>
    public static readonly TimeSpan LeastTerm = TimeSpan.FromMinutes(1);

    public static readonly TimeSpan LongestTerm = TimeSpan.FromDays(30);

    public static async Task<Lease> RequireLeaseAsync(this NamespacedClient client, string id, CancellationToken cancel) =>
        await client.FindLeaseAsync(id, cancel)
            ?? throw new ProblemException(ProblemKinds.NotFound, $"there is no lease '{id}' in namespace '{client.Namespace}'");

    /// <summary>The lease, if the caller may change it: those of the gateway's jobs are theirs.</summary>
    public static async Task<Lease> RequireFreeLeaseAsync(this NamespacedClient client, string id, CancellationToken cancel)
    {
        var lease = await client.RequireLeaseAsync(id, cancel);
        return lease.Labels.TryGetValue(JobLabel, out var job)
            ? throw new ProblemException(ProblemKinds.LeaseInUse, $"lease '{id}' belongs to job {job}: cancel the job, or wait for its end")
            : lease;
    }
}
