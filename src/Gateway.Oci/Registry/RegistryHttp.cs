using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;

namespace Gateway.Oci.Registry;

/// <summary>The one place that sends: a handler per TLS configuration, no proxy, no cookies, no redirects of its own, bytes as they come.</summary>
internal sealed class RegistryHttp(RegistryOptions options, TimeProvider time) : IDisposable
{
    // Handlers hold idle connections and certificates. More TLS configurations than this are rare; the oldest goes.
    private const int MaxHandlers = 64;

    private readonly Lock gate = new();
    private readonly Dictionary<string, HttpMessageInvoker> invokers = new(StringComparer.Ordinal);
    private readonly Queue<string> oldestFirst = new();

    /// <summary>Sends and returns once the headers are there; the body is not read ahead.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, TlsSettings tls, CancellationToken cancel)
    {
        var host = request.RequestUri!.Authority;
        request.Headers.TryAddWithoutValidation("User-Agent", options.UserAgent);
        using var late = new CancellationTokenSource(options.HeaderTimeout, time);
        (request.Content as UploadContent)?.WatchWith(late.CancelAfter);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        try
        {
            Failpoint.Before(EffectOf(request), Injected);
            var answer = await InvokerFor(tls, host).SendAsync(request, either.Token);
            Failpoint.After(EffectOf(request), Injected);
            return answer;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            throw;
        }
        catch (OperationCanceledException fault) when (late.IsCancellationRequested)
        {
            var silence = request.Content is UploadContent ? "stopped taking bytes, or sent no answer to them in time" : $"sent no answer in {options.HeaderTimeout.TotalSeconds:0.#} s";
            throw new RegistryFault(OciFault.RegistryTimeout, $"{host} {silence}", fault) { Transient = true };
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException or IOException)
        {
            throw FaultOf(fault, host);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        lock (gate)
        {
            foreach (var invoker in invokers.Values)
            {
                invoker.Dispose();
            }

            invokers.Clear();
        }
    }

    private static HttpRequestException Injected(string text) => new(text);

    // Whatever else is asked for is a token.
    private static string EffectOf(HttpRequestMessage request) =>
        $"registry {request.Method} {request.RequestUri!.Segments.Select(part => part.TrimEnd('/')).LastOrDefault(part => part is "manifests" or "blobs" or "uploads") ?? "token"}";

    private static RegistryFault FaultOf(Exception fault, string host) => fault switch
    {
        { InnerException: RegistryFault denied } => denied,
        OperationCanceledException => new(OciFault.RegistryUnavailable, $"no connection to {host} in time", fault) { Transient = true },
        { InnerException: AuthenticationException } => new(OciFault.RegistryUnavailable, $"TLS with {host} failed: its certificate is not trusted, or it speaks no TLS", fault),
        { InnerException: SocketException { SocketErrorCode: SocketError.HostNotFound } } => new(OciFault.RegistryUnavailable, $"the name of {host} is not known", fault),
        { InnerException: SocketException } => new(OciFault.RegistryUnavailable, $"no connection to {host}", fault) { Transient = true },
        _ => new(OciFault.RegistryUnavailable, $"{host} broke off the connection", fault) { Transient = true },
    };

    private HttpMessageInvoker InvokerFor(TlsSettings tls, string host)
    {
        var key = tls.Key();
        lock (gate)
        {
            if (invokers.TryGetValue(key, out var known))
            {
                return known;
            }

            var made = new HttpMessageInvoker(NewHandler(tls, host));
            invokers[key] = made;
            oldestFirst.Enqueue(key);
            if (oldestFirst.Count > MaxHandlers && invokers.Remove(oldestFirst.Dequeue(), out var oldest))
            {
                oldest.Dispose();
            }

            return made;
        }
    }

    private SocketsHttpHandler NewHandler(TlsSettings tls, string host)
    {
        try
        {
            var handler = GuardedHandler.New(options);
            handler.Expect100ContinueTimeout = TimeSpan.FromMilliseconds(300); // a server that knows no 100 is not waited for long
            handler.SslOptions = ServerTrust.For(tls);
            return handler;
        }
        catch (Exception fault) when (fault is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new RegistryFault(OciFault.RegistryConfigurationInvalid, $"the certificates configured for {host} cannot be read", fault);
        }
    }
}
