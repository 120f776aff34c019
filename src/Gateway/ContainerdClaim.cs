using System.Net.Sockets;
using Gateway.Containerd;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Options;

namespace Gateway;

/// <summary>
/// One gateway works on a containerd: another one, with a job store of its own, would not see this one's jobs, quotas and limits. Held by a name in the
/// kernel's abstract socket namespace, which is free again however the process ends. Network namespaces have names of their own.
/// </summary>
internal sealed class ContainerdClaim(ContainerdClient containerd, IOptions<ContainerdOptions> options) : IDisposable
{
    private readonly Lock gate = new();
    private (string Daemon, Socket Socket)? held;

    /// <summary>Claims the daemon that answers now; gives what is wrong where another process has it.</summary>
    /// <exception cref="Grpc.Core.RpcException">The daemon does not answer.</exception>
    public async Task<string?> FindFaultAsync(DateTime? deadline, CancellationToken cancel)
    {
        if (!options.Value.Exclusive)
        {
            return null;
        }

        var daemon = (await containerd.Introspection.ServerAsync(new Empty(), deadline: deadline, cancellationToken: cancel)).Uuid;
        lock (gate)
        {
            return held?.Daemon == daemon || TryHold(daemon) ? null
                : $"another gateway works on this containerd ({daemon}): stop it, or set Containerd:Exclusive to false";
        }
    }

    public void Dispose() => held?.Socket.Dispose();

    private bool TryHold(string daemon)
    {
        held?.Socket.Dispose(); // of a daemon that is gone
        held = null;
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint($"\0gateway/{daemon}"));
            held = (daemon, socket);
            return true;
        }
        catch (SocketException taken) when (taken.SocketErrorCode is SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            return false;
        }
    }
}
