using FluentValidation;
using Gateway.Containerd;
using Gateway.Containerd.Services.Leases;
using Gateway.Http;
using Grpc.Core;

namespace Gateway.Snapshots;

/// <summary>What of a request tells which lease is to keep its result.</summary>
internal interface IKept
{
    string? Lease { get; }

    string? Term { get; }
}

/// <summary>The leases that keep what callers make: the one they name, or one that is made, with a term.</summary>
internal sealed class SnapshotLeases(ContainerdClient containerd, TimeProvider time)
{
    private static readonly TimeSpan DefaultTerm = TimeSpan.FromHours(1);

    /// <summary>Bounds of the two fields. A lease that is worked under goes into a header.</summary>
    public static void AddRules<T>(AbstractValidator<T> validator)
        where T : IKept
    {
        validator.RuleFor(request => request.Lease).Matches(@"\A[!-~]([ -~]{0,4094}[!-~])?\z").WithMessage("is not 1 to 4096 printable ASCII characters");
        validator.RuleFor(request => request.Term).MustBeDuration(LeaseRules.LeastTerm, LeaseRules.LongestTerm);
        validator.RuleFor(request => request.Term).Null().When(request => request.Lease is not null).WithMessage("is of a lease that is made, and one is named");
    }

    public static TimeSpan TermOf(IKept request) => request.Term is null ? DefaultTerm : Duration.Parse(request.Term);

    /// <summary>
    /// Works under the lease that then keeps the result; one that was made goes again where the work is refused. Where its end is not known the
    /// lease stays for its term: what the daemon has made all the same would go with it.
    /// </summary>
    public async Task<T> MakeAsync<T>(
        string containerdNamespace, IKept request, string snapshotter, Func<NamespacedClient, SnapshotLeaseView, Task<T>> work, CancellationToken cancel)
    {
        if (request.Lease is { } named)
        {
            var lease = await RequireAsync(containerd.In(containerdNamespace), named, cancel);
            return await work(containerd.In(containerdNamespace, named), new SnapshotLeaseView(named, lease.ExpiresAt()));
        }

        var (held, view) = await NewAsync(containerdNamespace, $"snapshot-{Guid.NewGuid():N}", TermOf(request), snapshotter);
        try
        {
            return await work(held, view);
        }
        catch (Exception refused) when (refused is ProblemException or RpcException { StatusCode: not (StatusCode.Cancelled or StatusCode.DeadlineExceeded or StatusCode.Unavailable) })
        {
            await held.DropLeaseAsync(view.Id, sync: false, CancellationToken.None);
            throw;
        }
    }

    /// <summary>A lease with a term from now; one that is there under the id is as good. Not canceled: what is half made would be lost sight of.</summary>
    public async Task<(NamespacedClient Held, SnapshotLeaseView View)> NewAsync(string containerdNamespace, string id, TimeSpan term, string snapshotter)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal) { ["gateway/snapshotter"] = snapshotter };
        var held = await containerd.HoldLeaseAsync(containerdNamespace, id, time.GetUtcNow() + term, labels, CancellationToken.None);
        var lease = await held.RequireLeaseAsync(id, CancellationToken.None);
        return (held, new SnapshotLeaseView(id, lease.ExpiresAt()));
    }

    /// <summary>The lease a caller names, which must be free to be used and not over.</summary>
    public async Task<Lease> RequireAsync(NamespacedClient client, string id, CancellationToken cancel)
    {
        var lease = await client.RequireFreeLeaseAsync(id, cancel);
        return lease.ExpiresAt() <= time.GetUtcNow()
            ? throw new ProblemException(ProblemKinds.Conflict, $"lease '{id}' has expired and keeps nothing any more")
            : lease;
    }
}
