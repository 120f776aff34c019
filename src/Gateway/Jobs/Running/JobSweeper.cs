using Microsoft.Extensions.Options;

namespace Gateway.Jobs;

/// <summary>At the start and each minute: forgets jobs and keys that have been kept long enough, and tries clean-ups again that failed.</summary>
internal sealed partial class JobSweeper(
    JobQueries queries, JobHousekeeping housekeeping, JobCleaner cleaner, TimeProvider time, IOptions<JobOptions> options, ILogger<JobSweeper> log)
    : BackgroundService
{
    private const int CleanUpsAtOnce = 100;

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
#pragma warning disable CA1031 // A full disk or one broken row must not end the sweeper, and with it the gateway.
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
        var kept = options.Value;
        var forgotten = await housekeeping.DeleteFinishedAsync(time.GetUtcNow() - kept.Retention, kept.MaxFinished, cancel);
        if (forgotten > 0)
        {
            LogForgotten(forgotten);
        }

        await housekeeping.DeleteMessagesAsync(time.GetUtcNow() - kept.Retention, kept.MaxFinished, cancel);
        await housekeeping.DeleteKeysAsync(time.GetUtcNow() - IdempotencyStore.KeptFor, IdempotencyStore.MostKept, cancel);
        foreach (var job in queries.ToCleanUp(CleanUpsAtOnce))
        {
            cancel.ThrowIfCancellationRequested();
            if (await cleaner.CleanAsync(job))
            {
                await housekeeping.MarkCleanAsync(job.Id, cancel);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} finished jobs are forgotten")]
    private partial void LogForgotten(int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The job store could not be swept; it is tried again")]
    private partial void LogFailure(Exception failure);
}
