using Gateway.Containerd;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway;

/// <summary>Whether containerd answers, and is one that is supported: it may be another one since the start.</summary>
internal sealed partial class ContainerdCheck(ContainerdClient containerd, ILogger<ContainerdCheck> log) : IHealthCheck
{
    private string? told;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var answer = await containerd.Version.VersionAsync(new Empty(), cancellationToken: cancellationToken);
            return Judge(ContainerdVersions.FindFault(answer.Version));
        }
        catch (RpcException unreachable)
        {
            return HealthCheckResult.Unhealthy(exception: unreachable);
        }
    }

    private HealthCheckResult Judge(string? fault)
    {
        // Asked every few seconds, told once.
        if (Interlocked.Exchange(ref told, fault) != fault && fault is not null)
        {
            LogUnsupported(fault);
        }

        return fault is null ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy(data: new Dictionary<string, object>(StringComparer.Ordinal) { [Http.ServiceEndpoints.Reason] = fault });
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Not ready: {Fault}")]
    private partial void LogUnsupported(string fault);
}
