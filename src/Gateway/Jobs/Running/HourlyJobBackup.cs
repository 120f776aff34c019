namespace Gateway.Jobs;

/// <summary>Backs the store up each hour, and at a shutdown once everything else has stopped. A backup that fails is left to the next turn.</summary>
internal sealed partial class HourlyJobBackup(JobBackup backup, TimeProvider time, ILogger<HourlyJobBackup> log) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        Save();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        Try(backup.RemoveDraft);
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            Save();
        }
    }

    private void Save() => Try(() =>
    {
        if (backup.Save())
        {
            LogSaved();
        }
    });

    private void Try(Action work)
    {
        try
        {
            work();
        }
#pragma warning disable CA1031 // Whatever a backup fails with, the gateway goes on without it.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogFailure(failure);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The job store is backed up")]
    private partial void LogSaved();

    [LoggerMessage(Level = LogLevel.Error, Message = "The job store could not be backed up; it is tried again within the hour")]
    private partial void LogFailure(Exception failure);
}
