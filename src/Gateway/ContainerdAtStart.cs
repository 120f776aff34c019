using Gateway.Containerd;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Gateway;

/// <summary>
/// Refuses the start on a containerd that is not supported or another gateway's. One that does not answer yet is judged when it does.
/// </summary>
internal sealed partial class ContainerdAtStart(ContainerdClient containerd, ContainerdClaim claim, TimeProvider time, ILogger<ContainerdAtStart> log) : IHostedLifecycleService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        try
        {
            var deadline = (time.GetUtcNow() + Patience).UtcDateTime;
            var answer = await containerd.Version.VersionAsync(new Empty(), deadline: deadline, cancellationToken: cancellationToken);
            if ((ContainerdVersions.FindFault(answer.Version) ?? await claim.FindFaultAsync(deadline, cancellationToken)) is { } fault)
            {
                throw new InvalidOperationException($"the start is refused: {fault}");
            }
        }
        catch (RpcException unreachable)
        {
            LogUnreachable(unreachable.StatusCode);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Warning, Message = "containerd does not answer yet ({Status}): it is judged when it does")]
    private partial void LogUnreachable(StatusCode status);
}
