using System.Net;

namespace Gateway.Oci.Registry;

/// <summary>Hosts that are this machine by their spelling alone.</summary>
internal static class LoopbackHost
{
    /// <summary>Whether the host, without port, is <c>localhost</c> or a loopback address.</summary>
    public static bool Is(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
