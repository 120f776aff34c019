namespace Gateway.Oci.Registry;

/// <summary>Opens repositories. One a process; thread-safe.</summary>
public sealed class RegistryClient : IDisposable
{
    private readonly RegistryOptions options;
    private readonly TimeProvider time;
    private readonly RegistryHttp http;

    /// <summary>Makes no connection yet.</summary>
    public RegistryClient(RegistryOptions options, TimeProvider time)
    {
        this.options = options;
        this.time = time;
        http = new RegistryHttp(options);
    }

    /// <summary>The repository of a reference, as one pull uses it: its hosts and credentials are its own. Dispose it with the pull.</summary>
    public Repository Open(ImageReference reference, RegistryCredentials? credentials)
    {
        var hosts = HostsToml.Read(options.ConfigPath, reference.Domain);
        var endpoints = hosts.Select(host => new Endpoint(
            http, host,
            // The caller's credentials are for the registry the reference names; a mirror is somebody else.
            new Tokens(http, host, host.IsMirror ? null : credentials, $"repository:{reference.Path}:pull", options, time),
            host.IsMirror ? reference.Domain : null, options, time));
        return new Repository(reference, endpoints.ToArray(), options, time);
    }

    /// <inheritdoc />
    public void Dispose() => http.Dispose();
}
