using System.Net.Sockets;

namespace Gateway.Containerd;

/// <summary>The open connections of a channel, and the process at their other end.</summary>
public sealed class DaemonPeers
{
    /// <summary>How soon a change of connections is seen.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

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

    /// <summary>Waits until the connections are others than at that <see cref="Version"/>: there may be another daemon at their end.</summary>
    public async Task ChangedAsync(int? since, TimeProvider time, CancellationToken cancel)
    {
        do
        {
            await Task.Delay(Pause, time, cancel);
        }
        while (version == since);
    }

    internal async ValueTask<Stream> DialAsync(string socketPath, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancel);
            var connection = new Connection(socket, PeerCredentials.Of(socket).Pid, this);
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
