using Dapper;
using Gateway.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Jobs;

/// <summary>Whether jobs can be taken: a number is written over itself, which a full or read-only disk refuses. Anybody may ask, so it is tried once a second at most.</summary>
internal sealed class JobStoreHealth(JobDatabase database, TimeProvider time) : IHealthCheck
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private (long At, Task<HealthCheckResult> Result)? last;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        lock (gate)
        {
            if (last is not { } known || time.GetElapsedTime(known.At) > Fresh)
            {
                last = known = (time.GetTimestamp(), CheckHealthAsync());
            }

            return known.Result.WaitAsync(cancellationToken);
        }
    }

    private async Task<HealthCheckResult> CheckHealthAsync()
    {
        try
        {
            await database.WriteAsync(connection => connection.Execute($"PRAGMA user_version = {connection.ExecuteScalar<int>("PRAGMA user_version")}"), CancellationToken.None);
            return HealthCheckResult.Healthy();
        }
        catch (ProblemException unavailable)
        {
            return HealthCheckResult.Unhealthy(unavailable.Message);
        }
    }
}
