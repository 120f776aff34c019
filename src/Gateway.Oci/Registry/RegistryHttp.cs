using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Oci.Registry;

/// <summary>
/// The one way out to registries: every address is judged when it is dialled, redirects are followed here, and what is secret stays with the origin it
/// is for.
/// </summary>
internal sealed class RegistryHttp(RegistryOptions options) : IDisposable
{
    private const int MaxRedirects = 5;
    private const int MaxTlsConfigurations = 64;

    // A changed policy or certificate takes hold within this time, and DNS is asked again.
    private static readonly TimeSpan ConnectionLife = TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<string, HttpMessageInvoker> clients = new(StringComparer.Ordinal);

    /// <summary>Sends and follows redirects. The answer's headers are there; its body is not read.</summary>
    /// <param name="host">Whose TLS configuration and headers apply, on its own origin only.</param>
    /// <param name="authorization">Sent to the first origin only.</param>
    public async Task<HttpResponseMessage> SendAsync(
        RegistryHost host, HttpMethod method, Uri uri, Action<HttpRequestMessage> prepare, AuthenticationHeaderValue? authorization, CancellationToken cancel)
    {
        for (var hop = 0; ; hop++)
        {
            var atHome = SameOrigin(uri, host.Api);
            using var request = new HttpRequestMessage(method, uri);
            request.Headers.TryAddWithoutValidation("User-Agent", options.UserAgent);
            prepare(request);
            if (atHome)
            {
                request.Headers.Authorization = authorization;
                foreach (var (name, value) in host.Headers)
                {
                    request.Headers.TryAddWithoutValidation(name, value);
                }
            }

            var answer = await SendOnceAsync(atHome ? host : new RegistryHost(uri, IsMirror: false), request, cancel);
            if (answer.StatusCode is not (HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
                or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect) || answer.Headers.Location is not { } location)
            {
                return answer;
            }

            answer.Dispose();
            uri = Next(uri, location, hop);
        }
    }

    /// <summary>One request without redirects: for token servers, which have no business sending us elsewhere.</summary>
    public async Task<HttpResponseMessage> SendOnceAsync(RegistryHost host, HttpRequestMessage request, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(options.HeaderTimeout);
        try
        {
            return await ClientFor(host).SendAsync(request, limit.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new OciException(OciFault.RegistryTimeout, $"{request.RequestUri!.Authority} did not answer within {options.HeaderTimeout.TotalSeconds} s");
        }
        catch (HttpRequestException failed) when (failed.InnerException is OciException denied)
        {
            throw new OciException(denied.Fault, denied.Message, failed);
        }
        catch (HttpRequestException failed)
        {
            throw new OciException(OciFault.RegistryUnavailable, $"{request.RequestUri!.Authority} cannot be reached: {Reason(failed)}", failed);
        }
    }

    public void Dispose()
    {
        foreach (var client in clients.Values)
        {
            client.Dispose();
        }
    }

    internal static bool SameOrigin(Uri a, Uri b) =>
        a.Scheme == b.Scheme && a.Port == b.Port && string.Equals(a.IdnHost, b.IdnHost, StringComparison.OrdinalIgnoreCase);

    private static Uri Next(Uri from, Uri location, int hop)
    {
        var next = new Uri(from, location);
        if (hop + 1 > MaxRedirects)
        {
            throw new OciException(OciFault.EgressDenied, $"{from.Authority} redirects more than {MaxRedirects} times");
        }

        if (next.Scheme is not ("https" or "http") || (next.Scheme is "http" && from.Scheme is "https") || next.UserInfo.Length > 0)
        {
            throw new OciException(OciFault.EgressDenied, $"{from.Authority} redirects to {next.Scheme}://{next.Authority}, which is not followed");
        }

        return next;
    }

    private static string Reason(HttpRequestException failed) => failed.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => "its name does not resolve",
        HttpRequestError.SecureConnectionError => "the TLS handshake failed",
        HttpRequestError.ConnectionError => "the connection failed",
        _ => "the connection broke",
    };

    private HttpMessageInvoker ClientFor(RegistryHost host)
    {
        var key = host.TlsKey;
        if (clients.Count >= MaxTlsConfigurations && !clients.ContainsKey(key))
        {
            // Certificates were renewed very often, or there are very many hosts: connections in use live on until they end.
            clients.Clear();
        }

        try
        {
            return clients.GetOrAdd(key, _ => new HttpMessageInvoker(HandlerFor(host)));
        }
        catch (Exception broken) when (broken is System.Security.Cryptography.CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new OciException(OciFault.RegistryConfigurationInvalid, $"a certificate for {host.Api.Authority} cannot be read", broken);
        }
    }

    private SocketsHttpHandler HandlerFor(RegistryHost host) => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        PooledConnectionLifetime = ConnectionLife,
        ConnectTimeout = options.ConnectTimeout,
        MaxResponseHeadersLength = 64,
        ActivityHeadersPropagator = null,
        ConnectCallback = DialAsync,
        SslOptions = TlsFor(host),
    };

    private static SslClientAuthenticationOptions TlsFor(RegistryHost host)
    {
        var roots = host.Roots();
        var own = host.ClientCertificates();
        return new SslClientAuthenticationOptions
        {
            ClientCertificates = own.Count > 0 ? own : null,
#pragma warning disable CA5359 // skip_verify says just that; it is the operator's to say, per host.
            RemoteCertificateValidationCallback = host.SkipVerify ? (_, _, _, _) => true
                : roots.Count is 0 ? null
                : (_, certificate, chain, errors) => IsTrusted(certificate, chain, errors, roots),
#pragma warning restore CA5359
        };
    }

    // The operator's roots besides the system's.
    private static bool IsTrusted(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors, X509Certificate2Collection roots)
    {
        if (errors is SslPolicyErrors.None)
        {
            return true;
        }

        if (errors is not SslPolicyErrors.RemoteCertificateChainErrors || certificate is not X509Certificate2 leaf || chain is null)
        {
            return false;
        }

        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(roots);
        own.ChainPolicy.ExtraStore.AddRange(chain.ChainElements.Select(element => element.Certificate).ToArray());
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return own.Build(leaf);
    }

    private async ValueTask<Stream> DialAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        Exception? last = null;
        foreach (var address in await Dns.GetHostAddressesAsync(host.Trim('[', ']'), cancel))
        {
            if (!options.Egress.Permits(host.Trim('[', ']'), port, address))
            {
                throw new OciException(OciFault.EgressDenied, $"{host}:{port} leads to an address that may not be reached; the operator can allow it");
            }

            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                // The address that was judged, not the name again.
                await socket.ConnectAsync(new IPEndPoint(address, port), cancel);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException failed)
            {
                socket.Dispose();
                last = failed;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }
}
