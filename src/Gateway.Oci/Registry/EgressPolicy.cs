using System.Net;
using System.Net.NetworkInformation;

namespace Gateway.Oci.Registry;

/// <summary>Which addresses registry traffic may dial: public ones, and what the operator allows besides.</summary>
/// <remarks>
/// The address that is dialled is judged, never the spelling of the host, so that decimal and octal forms, IDNA and DNS answers
/// that change between check and dial need no rule of their own.
/// </remarks>
public sealed class EgressPolicy
{
    private readonly HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<IPNetwork> networks = [];

    /// <summary>Reads the allow list: <c>host:port</c>, a host, an address, or a CIDR; throws <see cref="FormatException"/> for anything else.</summary>
    public EgressPolicy(IEnumerable<string>? allow = null, bool allowLoopback = false)
    {
        AllowLoopback = allowLoopback;
        foreach (var entry in allow ?? [])
        {
            Add(entry.Trim());
        }
    }

    /// <summary>Whether <c>localhost</c> and loopback addresses written as such may be dialled.</summary>
    public bool AllowLoopback { get; }

    /// <summary>Whether this address may be dialled for this host and port.</summary>
    public bool Allows(string host, int port, IPAddress address)
    {
        var name = host.Trim('[', ']');
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (names.Contains(name) || names.Contains($"{name}|{port}") || networks.Exists(network => network.Contains(plain)))
        {
            return true;
        }

        // A public name that answers 127.0.0.1 is a rebinding: loopback is reached by its own names only.
        if (IPAddress.IsLoopback(plain))
        {
            return AllowLoopback && LoopbackHost.Is(name);
        }

        return !DeniedNetworks.Contains(plain) && !IsOwn(plain);
    }

    private void Add(string entry)
    {
        if (IPNetwork.TryParse(entry, out var network))
        {
            networks.Add(network);
        }
        else if (!entry.Contains(']') && IPAddress.TryParse(entry, out var address)) // "[fd00::9]:5000" would parse, its port forgotten
        {
            networks.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
        }
        else if (Uri.TryCreate($"none://{entry}/", UriKind.Absolute, out var uri) && uri.Host.Length > 0 && string.Equals(uri.Authority, entry, StringComparison.OrdinalIgnoreCase))
        {
            var name = uri.Host.Trim('[', ']');
            names.Add(uri.Port < 0 ? name : $"{name}|{uri.Port}");
        }
        else
        {
            throw new FormatException($"'{entry}' is not host:port, a host or a CIDR");
        }
    }

    // The machine's own public addresses reach its own services, past whatever guards them from outside.
    private static bool IsOwn(IPAddress address) =>
        NetworkInterface.GetAllNetworkInterfaces().SelectMany(card => card.GetIPProperties().UnicastAddresses).Any(own => own.Address.Equals(address));
}
