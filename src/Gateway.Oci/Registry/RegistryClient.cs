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
    public Repository Open(ImageReference reference, RegistryCredentials? credentials) =>
        new(reference, SessionsFor(reference, "pull", credentials), retry, time, logger);

    /// <summary>
    /// Opens the reference's repository for pushing, at the first host that may be pushed to: the registry itself, unless the host configuration
    /// names one with the <c>push</c> capability before it. Throws as <see cref="Open"/>, also where no host may be.
    /// </summary>
    public PushRepository OpenForPush(ImageReference reference, RegistryCredentials? credentials)
    {
        var session = SessionsFor(reference, "pull,push", credentials).FirstOrDefault(one => one.Host.Capabilities.HasFlag(HostCapabilities.Push));
        return session is null
            ? throw new OciException(OciFault.RegistryConfigurationInvalid, $"cannot push to {reference}: no host configured for {reference.Domain} may be pushed to")
            : new PushRepository(reference, session, options, retry, time);
    }

    private List<HostSession> SessionsFor(ImageReference reference, string actions, RegistryCredentials? credentials)
    {
        try
        {
            var tokens = new TokenCache(time);
            var known = hosts.HostsFor(reference.Domain).ToArray();
            var mask = new SecretMask(credentials, known.SelectMany(host => host.Headers).Select(header => header.Value));
            return [.. known.Select(host =>
                new HostSession(host, reference, new Authorizer(host, reference, actions, credentials, tokens, tokenServer, options), mask, http, options, time))];
        }
        catch (RegistryFault fault)
        {
            throw new OciException(fault.Fault, $"cannot open {reference}: {fault.Message}", fault);
        }
    }

    /// <inheritdoc />
    public void Dispose() => http.Dispose();
}
