using Gateway.Jobs;

namespace Gateway.Audit;

/// <summary>
/// Opens the audit at the start, so that one that cannot be used refuses it, and records the ends of jobs that the last process stored and did not live to
/// record.
/// </summary>
internal sealed class MissedEnds(JobQueries jobs, AuditLog audit) : IHostedService
{
    /// <summary>Ends looked at; no process has more of them under way.</summary>
    private const int Most = 1000;

    /// <summary>An end is recorded at once, so one that is missing is hardly older than the last record, unless the audit could not be written.</summary>
    private static readonly TimeSpan Before = TimeSpan.FromMinutes(1);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (audit.Found.LastTime is not { } last)
        {
            return;
        }

        var recorded = audit.Found.Ends.Select(end => AuditLine.Read(end).Job).ToHashSet(StringComparer.Ordinal);
        foreach (var job in jobs.FinishedSince(last - Before, Most).Where(job => !recorded.Contains(job.Id)))
        {
            await audit.RecordAsync(AuditedRequest.EndOf(job));
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
