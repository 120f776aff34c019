using System.Net;
using System.Net.Sockets;

namespace Gateway.Oci.Registry;

/// <summary>
/// Judges the address that is dialled, not the name: so neither DNS that changes its answer nor an odd spelling of an address gets past it.
/// </summary>
public sealed class EgressPolicy
{
    // Private, shared, link-local (cloud metadata), benchmark, multicast and reserved ranges; 168.63.129.16 is Azure's host service.
    private static readonly IPNetwork[] Denied =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
            "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4", "::/128", "::1/128", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
        }.Select(IPNetwork.Parse),
    ];

    private readonly HashSet<string> allowedHosts = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<IPNetwork> allowedNetworks = [];

    /// <summary>Whether addresses of this machine's loopback may be dialled.</summary>
    public bool AllowLoopback { get; init; }

    /// <summary><c>host:port</c>, host, address or CIDR, each reachable besides public addresses.</summary>
    public IReadOnlyList<string> Allow
    {
        init
        {
            foreach (var entry in value)
            {
                if (IPNetwork.TryParse(entry, out var network))
                {
                    allowedNetworks.Add(network);
                }
                else
                {
                    allowedHosts.Add(entry);
                }
            }
        }
    }

    /// <summary>Whether a connection to the name, which has resolved to the address, may be made.</summary>
    public bool Permits(string host, int port, IPAddress address)
    {
        var judged = Effective(address);
        if (allowedHosts.Contains(host) || allowedHosts.Contains($"{host}:{port}") || allowedNetworks.Exists(network => network.Contains(judged)))
        {
            return true;
        }

        return IPAddress.IsLoopback(judged) ? AllowLoopback : !Denied.Any(network => network.Contains(judged));
    }

    // The IPv4 address inside an IPv6 form that leads to it: mapped, NAT64, 6to4, Teredo.
    private static IPAddress Effective(IPAddress address)
    {
        if (address.AddressFamily is not AddressFamily.InterNetworkV6)
        {
            return address;
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        var bytes = address.GetAddressBytes();
        return bytes switch
        {
            [0x00, 0x64, 0xff, 0x9b, ..] => new IPAddress(bytes.AsSpan(12)),
            [0x20, 0x02, ..] => new IPAddress(bytes.AsSpan(2, 4)),
            [0x20, 0x01, 0x00, 0x00, ..] => new IPAddress(bytes.AsSpan(12).ToArray().Select(b => (byte)~b).ToArray()),
            _ => address,
        };
    }
}
