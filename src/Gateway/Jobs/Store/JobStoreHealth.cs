using Dapper;
using Gateway.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Jobs;

/// <summary>Whether jobs can be taken: a number is written over itself, which a full or read-only disk refuses.</summary>
internal sealed class JobStoreHealth(JobDatabase database) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await database.WriteAsync(connection => connection.Execute($"PRAGMA user_version = {connection.ExecuteScalar<int>("PRAGMA user_version")}"), cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (ProblemException unavailable)
        {
            return HealthCheckResult.Unhealthy(unavailable.Message);
        }
    }
}
