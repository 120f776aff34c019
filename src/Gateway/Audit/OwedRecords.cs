namespace Gateway.Audit;

/// <summary>Tries every two seconds to write what could not be written when it happened.</summary>
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
