using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Gateway.Containerd;

/// <summary>Who is at the other end of a Unix socket, as the kernel noted it: who connected, or who began to listen.</summary>
/// <param name="Pid">0 where the process is in a PID namespace this one does not see.</param>
/// <param name="User">The effective user.</param>
public sealed record PeerCredentials(int Pid, uint User)
{
    // Linux: asm-generic/socket.h, and struct ucred: pid, uid, gid.
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;
    private const int UcredBytes = 12;

    /// <summary>Of a connected socket.</summary>
    public static PeerCredentials Of(Socket connected)
    {
        Span<byte> credentials = stackalloc byte[UcredBytes];
        connected.GetRawSocketOption(SolSocket, SoPeerCred, credentials);
        return new(MemoryMarshal.Read<int>(credentials), MemoryMarshal.Read<uint>(credentials[sizeof(int)..]));
    }
}
