namespace Gateway.Audit;

/// <summary>Opens the audit at the start, so that one that cannot be used refuses it, and tries every two seconds to write what could not be written.</summary>
internal sealed class OwedRecords(AuditLog audit, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (audit.Owes)
            {
                await audit.SettleAsync(stoppingToken);
            }
        }
    }
}
