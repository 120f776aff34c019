using System.Net;
using System.Net.Sockets;

namespace Gateway.Oci.Registry;

/// <summary>Addresses no stranger's reference may reach: private, link-local, loopback, multicast, cloud metadata.</summary>
internal static class DeniedNetworks
{
    private static readonly IPNetwork[] Table =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16",
            "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",
            "168.63.129.16/32", // Azure's wire server: routed like a public address, answers only from inside.
            "::/128", "::1/128", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
            "64:ff9b:1::/48", // RFC 8215, NAT64 of local use: where the IPv4 address sits is the site's choice, so none is trusted.
        }.Select(IPNetwork.Parse),
    ];

    /// <summary>Whether the address, or an IPv4 address carried inside it, is denied.</summary>
    public static bool Contains(IPAddress address) => Array.Exists(Table, network => network.Contains(address)) || Embedded(address).Any(Contains);

    /// <summary>IPv4 addresses that a transition mechanism would reach through this IPv6 address.</summary>
    private static IEnumerable<IPAddress> Embedded(IPAddress address)
    {
        if (address.AddressFamily is not AddressFamily.InterNetworkV6)
        {
            yield break;
        }

        var bytes = address.GetAddressBytes();
        if (address.IsIPv4MappedToIPv6 || StartsWith(bytes, 0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0) || StartsWith(bytes, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
        {
            yield return new IPAddress(bytes.AsSpan(12)); // ::ffff:0:0/96, NAT64 of RFC 6052, and the deprecated ::/96
        }
        else if (StartsWith(bytes, 0x20, 0x02))
        {
            yield return new IPAddress(bytes.AsSpan(2, 4)); // 6to4, RFC 3056
        }
        else if (StartsWith(bytes, 0x20, 0x01, 0, 0))
        {
            yield return new IPAddress(bytes.AsSpan(4, 4)); // Teredo, RFC 4380: the server in clear, the client inverted
            yield return new IPAddress([.. bytes[12..].Select(b => (byte)~b)]);
        }
    }

    private static bool StartsWith(byte[] bytes, params ReadOnlySpan<byte> prefix) => bytes.AsSpan().StartsWith(prefix);
}
