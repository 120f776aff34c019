using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Gateway.Containerd;

/// <summary>The open connections of a channel, and the process at their other end.</summary>
public sealed class DaemonPeers
{
    // Linux: asm-generic/socket.h, and struct ucred, whose first field is the pid.
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;
    private const int UcredBytes = 12;

    private readonly List<Connection> open = [];
    private volatile int version;

    /// <summary>Changes whenever a connection comes or goes.</summary>
    public int Version => version;

    /// <summary>
    /// The one process that listens at the other end of every open connection; null while there is none, where they differ, and where that
    /// process is in a PID namespace this one does not see.
    /// </summary>
    public int? Pid
    {
        get
        {
            lock (open)
            {
                return open.Count > 0 && open.TrueForAll(other => other.Pid == open[0].Pid) && open[0].Pid > 0 ? open[0].Pid : null;
            }
        }
    }

    internal async ValueTask<Stream> DialAsync(string socketPath, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancel);
            var connection = new Connection(socket, PidOf(socket), this);
            lock (open)
            {
                open.Add(connection);
                version++;
            }

            return connection;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static int PidOf(Socket socket)
    {
        Span<byte> credentials = stackalloc byte[UcredBytes];
        return socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials) is UcredBytes ? MemoryMarshal.Read<int>(credentials) : 0;
    }

    private void Closed(Connection connection)
    {
        lock (open)
        {
            open.Remove(connection);
            version++;
        }
    }

    private sealed class Connection(Socket socket, int pid, DaemonPeers peers) : NetworkStream(socket, ownsSocket: true)
    {
        public int Pid { get; } = pid;

        protected override void Dispose(bool disposing)
        {
            peers.Closed(this);
            base.Dispose(disposing);
        }
    }
}
