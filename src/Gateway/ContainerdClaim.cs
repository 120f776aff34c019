using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Gateway.Containerd;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Gateway;

/// <summary>
/// One gateway works on a containerd: another one, with a job store of its own, would not see this one's jobs, quotas and limits. Held by a name in the
/// kernel's abstract socket namespace, which is free again however the process ends. Network namespaces have names of their own. The later one is refused
/// at its start, or ends as soon as a daemon that was not there answers.
/// </summary>
internal sealed partial class ContainerdClaim(
    ContainerdClient containerd, DaemonPeers peers, IOptions<ContainerdOptions> options, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<ContainerdClaim> log)
    : BackgroundService
{
    // Linux: asm-generic/socket.h, and struct ucred: pid, uid, gid.
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;
    private const int UcredBytes = 12;

    /// <summary>How soon it is seen that a daemon has come, or another in its place.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private const int MostTries = 5;
    private static readonly TimeSpan ShortPause = TimeSpan.FromMilliseconds(100);

    private (string Daemon, Socket Socket)? held;
    private int? asked; // the connections to the daemon when it was claimed

    /// <summary>Claims the daemon that answers now; gives what is wrong where another gateway has it.</summary>
    /// <exception cref="RpcException">The daemon does not answer.</exception>
    public async Task<string?> FindFaultAsync(DateTime deadline, CancellationToken cancel)
    {
        if (!options.Value.Exclusive)
        {
            return null;
        }

        var daemon = (await containerd.Introspection.ServerAsync(new Empty(), deadline: deadline, cancellationToken: cancel)).Uuid;
        asked = peers.Version;
        return held?.Daemon == daemon || await TryHoldAsync(daemon, cancel) ? null
            : $"another gateway works on this containerd ({daemon}): stop it, or set Containerd:Exclusive to false";
    }

    public override void Dispose()
    {
        held?.Socket.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (options.Value.Exclusive)
        {
            await Task.Delay(Pause, time, stoppingToken);
            if (asked == peers.Version)
            {
                continue;
            }

            try
            {
                if (await FindFaultAsync((time.GetUtcNow() + Pause).UtcDateTime, stoppingToken) is { } fault)
                {
                    LogEnds(fault);
                    Environment.ExitCode = 1;
                    lifetime.StopApplication();
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
        held?.Socket.Dispose(); // of a daemon that is gone
        held = null;
        var name = new UnixDomainSocketEndPoint($"\0gateway/{daemon}");
        for (var tries = 0; ; tries++)
        {
            if (Bind(name) is { } socket)
            {
                held = (daemon, socket);
                return true;
            }

            var (pid, user) = HolderOf(name);
            if (user is 0 || user == EffectiveUser())
            {
                return false;
            }

            if (user is not null || tries == MostTries)
            {
                // Anybody may take a name, and nobody may keep the gateway from its start by that.
                LogSquatted(daemon, pid, user);
                return true;
            }

            await Task.Delay(ShortPause, time, cancel);
        }
    }

    private static Socket? Bind(UnixDomainSocketEndPoint name)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(name);
            socket.Listen();
            _ = ShowOwnerAsync(socket);
            return socket;
        }
        catch (SocketException taken)
        {
            socket.Dispose();
            return taken.SocketErrorCode is SocketError.AddressAlreadyInUse ? null : throw new InvalidOperationException($"the name of a containerd's gateway cannot be taken: {taken.Message}", taken);
        }
    }

    // Whoever connects sees whose the name is.
    private static async Task ShowOwnerAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                (await listener.AcceptAsync()).Dispose();
            }
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // The name is given up.
        }
    }

    private static (int Pid, uint? User) HolderOf(UnixDomainSocketEndPoint name)
    {
        // Not blocking: a stranger may accept nobody.
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            socket.Connect(name);
            Span<byte> credentials = stackalloc byte[UcredBytes];
            socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials);
            return (MemoryMarshal.Read<int>(credentials), MemoryMarshal.Read<uint>(credentials[sizeof(int)..]));
        }
        catch (SocketException)
        {
            return (0, null); // it does not listen, not yet or for ever, or has just ended
        }
    }

    // proc(5): real, effective, saved and file system user.
    private static uint EffectiveUser() => uint.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[2], CultureInfo.InvariantCulture);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The gateway ends: {Fault}")]
    private partial void LogEnds(string fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Whether another gateway works on this containerd cannot be told: process {Pid} of user {User} has the name gateway/{Daemon}")]
    private partial void LogSquatted(string daemon, int pid, uint? user);
}
