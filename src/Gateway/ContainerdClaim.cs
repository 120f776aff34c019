using Gateway.Containerd;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Gateway;

/// <summary>
/// One gateway works on a containerd: another one, with a job store of its own, would not see this one's jobs, quotas and limits. The later one is refused
/// at its start, or ends as soon as a daemon that was not there answers.
/// </summary>
internal sealed partial class ContainerdClaim(
    ContainerdClient containerd, DaemonPeers peers, IOptions<ContainerdOptions> options, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<ContainerdClaim> log)
    : BackgroundService
{
    /// <summary>How long a daemon that has just come may take to answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    // Between a gateway's taking the name and its being seen.
    private const int MostTries = 5;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private (string Daemon, HostName Name)? held;
    private int? asked; // the connections to the daemon when it was claimed

    /// <summary>Claims the daemon that answers now; gives what is wrong where another gateway has it.</summary>
    /// <exception cref="RpcException">The daemon does not answer.</exception>
    public async Task<string?> FindFaultAsync(DateTime deadline, CancellationToken cancel)
    {
        if (!options.Value.Exclusive)
        {
            return null;
        }

        var connections = peers.Version; // before the question: one that comes meanwhile may lead to another daemon
        var daemon = (await containerd.Introspection.ServerAsync(new Empty(), deadline: deadline, cancellationToken: cancel)).Uuid;
        asked = connections;
        return held?.Daemon == daemon || await TryHoldAsync(daemon, cancel) ? null
            : $"another gateway works on this containerd ({daemon}): stop it, or set Containerd:Exclusive to false";
    }

    public override void Dispose()
    {
        held?.Name.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (options.Value.Exclusive)
        {
            await peers.ChangedAsync(asked, time, stoppingToken);
            try
            {
                if (await FindFaultAsync((time.GetUtcNow() + Patience).UtcDateTime, stoppingToken) is { } fault)
                {
                    lifetime.Fail(log, fault);
                    return;
                }
            }
            catch (RpcException) when (!stoppingToken.IsCancellationRequested)
            {
                // Readiness tells that it does not answer.
            }
        }
    }

    private async Task<bool> TryHoldAsync(string daemon, CancellationToken cancel)
    {
        held?.Name.Dispose(); // of a daemon that is gone
        held = null;
        var name = $"gateway/{daemon}";
        for (var tries = 1; ; tries++)
        {
            if (HostName.TryTake(name) is { } taken)
            {
                held = (daemon, taken);
                return true;
            }

            var holder = HostName.HolderOf(name);
            if (holder is { } known && HostName.IsTrusted(known.User))
            {
                return false;
            }

            if (holder is not null || tries == MostTries)
            {
                LogSquatted(daemon, holder?.Pid, holder?.User); // by that nobody may keep the gateway from its start
                return true;
            }

            await Task.Delay(Pause, time, cancel);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Whether another gateway works on this containerd cannot be told: process {Pid} of user {User} has the name gateway/{Daemon}")]
    private partial void LogSquatted(string daemon, int? pid, uint? user);
}
