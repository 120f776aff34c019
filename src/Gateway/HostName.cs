using System.Globalization;
using System.Net.Sockets;
using Gateway.Containerd;

namespace Gateway;

/// <summary>
/// A name that one process of this host has at a time, in the kernel's abstract socket namespace: it is free again however the process ends. Network
/// namespaces have names of their own. Anybody may take one, so whose it is can be seen.
/// </summary>
internal sealed class HostName : IDisposable
{
    private readonly Socket listener;

    private HostName(Socket listener)
    {
        this.listener = listener;
        _ = ShowOwnerAsync();
    }

    /// <summary>Null where another process has it.</summary>
    public static HostName? TryTake(string name)
    {
        var socket = NewSocket();
        try
        {
            socket.Bind(EndPointOf(name));
            socket.Listen();
            return new HostName(socket);
        }
        catch (SocketException taken)
        {
            socket.Dispose();
            return taken.SocketErrorCode is SocketError.AddressAlreadyInUse ? null : throw new InvalidOperationException($"the name {name} cannot be taken: {taken.Message}", taken);
        }
    }

    /// <summary>Who has it; null where that does not show: it does not listen, not yet or for ever, or has just ended.</summary>
    public static PeerCredentials? HolderOf(string name)
    {
        using var socket = NewSocket();
        socket.Blocking = false; // a stranger may accept nobody
        try
        {
            socket.Connect(EndPointOf(name));
            return PeerCredentials.Of(socket);
        }
        catch (SocketException)
        {
            return null;
        }
    }

    /// <summary>Whether a user could do to this process as it likes: root, and its own.</summary>
    public static bool IsTrusted(uint user) => user is 0 || user == EffectiveUser();

    public void Dispose() => listener.Dispose();

    private static Socket NewSocket() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    private static UnixDomainSocketEndPoint EndPointOf(string name) => new($"\0{name}");

    // proc(5): real, effective, saved and file system user.
    private static uint EffectiveUser() =>
        uint.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[2], CultureInfo.InvariantCulture);

    // Whoever connects sees whose the name is; those who were not accepted would fill the queue.
    private async Task ShowOwnerAsync()
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
}
