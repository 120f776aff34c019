using Gateway.Containerd;
using Gateway.Images.Pull;
using Gateway.Jobs;

namespace Gateway.Images;

/// <summary>
/// At the start and each minute: gives up leases of this gateway that nobody answers for. A gateway that was killed while an archive streamed
/// in leaves one, and so does a clean-up that could not reach the daemon.
/// </summary>
internal sealed partial class LeaseSweeper(
    ContainerdClient containerd, PullLease lease, LeasesInUse inUse, JobQueries jobs, TimeProvider time, ILogger<LeaseSweeper> log) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var timer = new PeriodicTimer(Every, time);
        do
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
#pragma warning disable CA1031 // A daemon that is down must not end the sweeper, and with it the gateway.
            catch (Exception failure) when (failure is not OperationCanceledException)
#pragma warning restore CA1031
            {
                LogFailure(failure);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task SweepAsync(CancellationToken cancel)
    {
        foreach (var containerdNamespace in (await containerd.Namespaces.ListAsync(new(), cancellationToken: cancel)).Namespaces)
        {
            foreach (var (leaseId, jobId) in await lease.OwnAsync(containerdNamespace.Name, cancel))
            {
                // In this order: an import hands its lease to its job before it lets go of it.
                if (!inUse.Contains(leaseId) && jobs.Find(jobId)?.State.IsFinal() is not false)
                {
                    LogSwept(leaseId, containerdNamespace.Name);
                    await lease.AbandonAsync(containerdNamespace.Name, leaseId, cancel);
                }
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Lease {LeaseId} in namespace {Namespace} is given up: nobody answers for it")]
    private partial void LogSwept(string leaseId, string @namespace);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Leases could not be swept; it is tried again")]
    private partial void LogFailure(Exception failure);
}
