using Grpc.Net.Client;

namespace Gateway.Containerd;

/// <summary>Opens the HTTP/2 channel to containerd's Unix socket.</summary>
internal static class ContainerdChannel
{
    /// <summary>
    /// Largest message containerd sends or takes, in bytes: 16 MiB (defaults.DefaultMaxRecvMsgSize in containerd). grpc-dotnet's own default
    /// is 4 MiB, which a list of some ten thousand images exceeds.
    /// </summary>
    public const int MaxMessageBytes = 16 * 1024 * 1024;

    // Reads of blobs come in 1 MiB messages; a window of two keeps the daemon from waiting for updates.
    private const int StreamWindowBytes = 2 * 1024 * 1024;

    /// <summary>
    /// A channel that connects on the first call and again after each restart of the daemon: a call while it is down fails with
    /// UNAVAILABLE, the next one dials anew.
    /// </summary>
    /// <param name="peers">Told of every connection.</param>
    public static GrpcChannel Open(string socketPath, DaemonPeers peers)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = (_, cancel) => peers.DialAsync(socketPath, cancel),
            UseProxy = false,
            EnableMultipleHttp2Connections = true,
            InitialHttp2StreamWindowSize = StreamWindowBytes,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
        };
        return GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = MaxMessageBytes,
            MaxSendMessageSize = MaxMessageBytes,
        });
    }
}
