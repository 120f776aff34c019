using System.Net;

namespace Gateway.Oci.Registry;

/// <summary>HTTP towards strangers: judged addresses only, no proxy, no cookies, no redirects, bytes as they come, no trace context.</summary>
public static class GuardedHandler
{
    /// <summary>A handler that dials what the options' egress policy allows.</summary>
    public static SocketsHttpHandler New(RegistryOptions options) => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = options.ConnectTimeout,
        ConnectCallback = new GuardedDialer(options).ConnectAsync,
        MaxResponseHeadersLength = 64, // KiB
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        PooledConnectionLifetime = TimeSpan.FromMinutes(2), // DNS and policy are asked again at least this often
        ActivityHeadersPropagator = null,
    };

    /// <summary>Whether such a handler would dial the host now; throws <see cref="System.Net.Sockets.SocketException"/> where its name is not known.</summary>
    public static async Task<bool> WouldDialAsync(RegistryOptions options, string host, int port, CancellationToken cancel) =>
        await new GuardedDialer(options).ResolveAsync(host, port, cancel) is not null;

    /// <summary>Whether a request failed because the policy does not allow the address.</summary>
    public static bool IsDenied(HttpRequestException failure) => failure.InnerException is RegistryFault { Fault: OciFault.EgressDenied };
}
