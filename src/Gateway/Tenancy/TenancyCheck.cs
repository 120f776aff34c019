using Gateway.Containerd;
using Gateway.Containerd.Tenancy;
using Microsoft.Extensions.Options;

namespace Gateway.Tenancy;

/// <summary>
/// Finds out whether containerd keeps the content of namespaces apart. In multi-tenant mode before anything listens: a daemon that is not there is waited
/// for, and one that shares refuses the start; one that is started again meanwhile is asked again, and ends the gateway if it shares now. Else a
/// moment after the start, with a warning. Then it removes what a killed gateway's probe has left.
/// </summary>
internal sealed partial class TenancyCheck(
    SharingProbe probe, ContainerdClient containerd, DaemonPeers peers, TenancyState state, IOptions<TenancyOptions> options, IHostApplicationLifetime lifetime,
    TimeProvider time, ILogger<TenancyCheck> log)
    : BackgroundService, IHostedLifecycleService
{
    private const string Remedy = "set [plugins.\"io.containerd.metadata.v1.bolt\"] content_sharing_policy = \"isolated\" in containerd's configuration and restart it";

    /// <summary>Where nothing waits for the answer: what it takes to ask is a tenth of a start, and the first requests go first.</summary>
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(0.5);

    /// <summary>When a daemon that could not be asked is asked again.</summary>
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);

    /// <summary>When it is looked again for what a probe has left.</summary>
    private static readonly TimeSpan SweepEvery = TimeSpan.FromMinutes(1);

    // The connections to the daemon when it was asked.
    private int asked;

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        if (options.Value.Mode is TenancyMode.Multi && FaultOf(await FindOutAsync(cancellationToken)) is { } fault)
        {
            throw new InvalidOperationException($"the start is refused: {fault}");
        }
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        if (state.Sharing is ContentSharing.Unknown)
        {
            await Task.Delay(Later, time, stoppingToken);
            var shareable = await FindOutAsync(stoppingToken);
            if (state.Sharing is ContentSharing.Shared)
            {
                LogShared(Remedy);
            }

            if (shareable.Count > 0)
            {
                LogShareable(string.Join(", ", shareable), ShareableNamespaces.Label);
            }
        }

        await Task.WhenAll(SweepAsync(stoppingToken), options.Value.Mode is TenancyMode.Multi ? AskAgainAsync(stoppingToken) : Task.CompletedTask);
    }

    // A daemon that was started again may have another configuration, and whoever asks it first has connected to it anew.
    private async Task AskAgainAsync(CancellationToken cancel)
    {
        while (true)
        {
            await peers.ChangedAsync(asked, time, cancel);
            if (FaultOf(await FindOutAsync(cancel)) is { } fault)
            {
                lifetime.Fail(log, fault);
                return;
            }
        }
    }

    private string? FaultOf(IReadOnlyList<string> shareable) =>
        state.Sharing is ContentSharing.Shared
            ? $"Tenancy:Mode is multi, and this containerd gives the content of one namespace to any other that names its digest; {Remedy}"
            : shareable.Count > 0
                ? $"Tenancy:Mode is multi, and the content of {string.Join(", ", shareable)} is given to any other namespace that names its digest; "
                    + $"remove the label: ctr namespaces label {shareable[0]} {ShareableNamespaces.Label}="
                : null;

    // Until the daemon has told; gives the namespaces that share whatever its policy is.
    private async Task<IReadOnlyList<string>> FindOutAsync(CancellationToken cancel)
    {
        for (var isFirst = true; ; isFirst = false)
        {
            try
            {
                var shareable = await containerd.ShareableNamespacesAsync(cancel);
                var connections = peers.Version; // before the probe: one that comes meanwhile may lead to another daemon
                var sharing = await probe.GivesAwayAsync(cancel) ? ContentSharing.Shared : ContentSharing.Isolated;
                (state.Sharing, asked) = (sharing, connections);
                LogFound(sharing);
                return shareable;
            }
#pragma warning disable CA1031 // A daemon that is down must not end the check, and with it the gateway.
            catch (Exception unknown)
#pragma warning restore CA1031
            {
                cancel.ThrowIfCancellationRequested();
                if (isFirst)
                {
                    LogUnknown(unknown);
                }

                await Task.Delay(Retry, time, cancel);
            }
        }
    }

    private async Task SweepAsync(CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                if (await ProbeNamespaces.SweepAsync(containerd, time.GetUtcNow(), cancel) is 0)
                {
                    return;
                }
            }
#pragma warning disable CA1031 // The same.
            catch (Exception unreachable)
#pragma warning restore CA1031
            {
                cancel.ThrowIfCancellationRequested();
                LogNotSwept(unreachable);
            }

            await Task.Delay(SweepEvery, time, cancel);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Content of namespaces is {Sharing} by this containerd")]
    private partial void LogFound(ContentSharing sharing);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Namespaces are no walls here: containerd gives the content of one to any other that names its digest. To part them, {Remedy}")]
    private partial void LogShared(string remedy);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The content of {Namespaces} is given to any other namespace that names its digest, for the label {Label}")]
    private partial void LogShareable(string namespaces, string label);

    [LoggerMessage(Level = LogLevel.Warning, Message = "It is not known whether content of namespaces is isolated, for containerd could not be asked; it is tried again")]
    private partial void LogUnknown(Exception failure);

    [LoggerMessage(Level = LogLevel.Information, Message = "What an earlier probe has left could not be removed; it is tried again")]
    private partial void LogNotSwept(Exception failure);
}
