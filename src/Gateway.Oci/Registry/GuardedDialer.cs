using System.Net;
using System.Net.Sockets;

namespace Gateway.Oci.Registry;

/// <summary>Opens connections to judged addresses only. The name is resolved once, and what is dialled is what was judged.</summary>
internal sealed class GuardedDialer(RegistryOptions options)
{
    /// <summary>For <see cref="SocketsHttpHandler.ConnectCallback"/>.</summary>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        return await ResolveAsync(host, port, cancel) is { } addresses
            ? await DialAsync(addresses, port, cancel)
            : throw new RegistryFault(OciFault.EgressDenied, $"{host}:{port} is not an address this gateway may reach");
    }

    /// <summary>The addresses of a host; null where it may not be dialled.</summary>
    public async Task<IPAddress[]?> ResolveAsync(string host, int port, CancellationToken cancel)
    {
        var addresses = IPAddress.TryParse(host.Trim('[', ']'), out var literal) ? [literal] : await options.Resolve(host, cancel);

        // One bad address condemns the name: an attacker's answer mixes good and bad ones and waits for the luck of the draw.
        return addresses.Length > 0 && Array.TrueForAll(addresses, address => options.Egress.Allows(host, port, address)) ? addresses : null;
    }

    private static async Task<Stream> DialAsync(IPAddress[] addresses, int port, CancellationToken cancel)
    {
        for (var i = 0; ; i++)
        {
            var socket = new Socket(addresses[i].AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(addresses[i], port, cancel);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException) when (i < addresses.Length - 1)
            {
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }
}
