using Gateway.Containerd;
using Gateway.Http;
using Gateway.Images.Pull;
using Gateway.Jobs;
using Microsoft.Extensions.Options;

namespace Gateway.Images;

/// <summary>A lease for what a request does itself: it streams an archive in, for a job to come, or out.</summary>
internal sealed partial class RequestLease(
    PullLease lease, LeasesInUse inUse, TimeProvider time, IOptions<ImageOptions> options, IOptions<JobOptions> jobs, ILogger<RequestLease> log)
{
    /// <summary>Longest stream. A lease cannot be prolonged, so it must have an end that is known before.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    private static readonly TimeSpan Spare = TimeSpan.FromHours(1);
    private static readonly TimeSpan AbandonLimit = TimeSpan.FromSeconds(30);

    /// <param name="jobId">Names the lease; of a job that there may come to be.</param>
    /// <param name="isHandedOver">Whether a job has the lease when the work is done. Without that, and where the work fails, the lease goes.</param>
    public async Task<T> RunAsync<T>(
        string containerdNamespace, string jobId, bool isHandedOver, Func<NamespacedClient, CancellationToken, Task<T>> work, CancellationToken cancel)
    {
        var leaseId = PullLease.IdOf(jobId);
        var isDone = false;
        using var use = inUse.Add(leaseId);
        using var limit = new CancellationTokenSource(Longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        try
        {
            var expiresAt = time.GetUtcNow() + Longest + jobs.Value.QueueLimit + options.Value.PullTimeout + Spare;
            var result = await work(await lease.HoldAsync(containerdNamespace, leaseId, expiresAt, either.Token), either.Token);
            isDone = true;
            return result;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new ProblemException(ProblemKinds.DeadlineExceeded, $"the stream took longer than {Longest.TotalHours} hours");
        }
        finally
        {
            if (!isDone || !isHandedOver)
            {
                await AbandonAsync(containerdNamespace, leaseId);
            }
        }
    }

    // Not with the request's token: the client may be why it ends. What cannot be given up now is left to the sweeper.
    private async Task AbandonAsync(string containerdNamespace, string leaseId)
    {
        using var limit = new CancellationTokenSource(AbandonLimit, time);
        try
        {
            await lease.AbandonAsync(containerdNamespace, leaseId, limit.Token);
        }
#pragma warning disable CA1031 // The failure that led here is the one to tell.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogLeft(leaseId, failure);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Lease {LeaseId} could not be given up; it is tried again later")]
    private partial void LogLeft(string leaseId, Exception failure);
}
