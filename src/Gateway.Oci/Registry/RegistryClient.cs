using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Oci.Registry;

/// <summary>Speaks the distribution protocol to registries and their mirrors. One a process: it holds the connections. Thread-safe.</summary>
public sealed class RegistryClient : IDisposable
{
    private readonly RegistryOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly RegistryHttp http;
    private readonly RetryRule retry;
    private readonly TokenServer tokenServer;
    private readonly HostsDirectory hosts;

    /// <summary>Makes a client; nothing is read or dialled yet.</summary>
    public RegistryClient(RegistryOptions options, TimeProvider time, ILoggerFactory? loggers = null)
    {
        (this.options, this.time) = (options, time);
        logger = (loggers ?? NullLoggerFactory.Instance).CreateLogger("Gateway.Oci.Registry");
        http = new RegistryHttp(options, time);
        retry = new RetryRule(options, time);
        tokenServer = new TokenServer(http, retry, options, time);
        hosts = new HostsDirectory(options.ConfigPath, logger);
    }

    /// <summary>
    /// Opens the reference's repository with a caller's credentials, which only the registry that the reference names ever sees. Reads the host
    /// configuration; throws <see cref="OciException"/> when that is broken.
    /// </summary>
    public Repository Open(ImageReference reference, RegistryCredentials? credentials)
    {
        try
        {
            var tokens = new TokenCache(time);
            var mask = new SecretMask(credentials);
            var sessions = hosts.HostsFor(reference.Domain).Select(host =>
                new HostSession(host, reference, new Authorizer(host, reference, credentials, tokens, tokenServer, options), mask, http, options, time));
            return new Repository(reference, [.. sessions], retry, time, logger);
        }
        catch (RegistryFault fault)
        {
            throw new OciException(fault.Fault, $"cannot open {reference}: {fault.Message}", fault);
        }
    }

    /// <inheritdoc />
    public void Dispose() => http.Dispose();
}
