namespace Gateway.Oci.Registry;

/// <summary>How registries are reached.</summary>
public sealed class RegistryOptions
{
    /// <summary>Folder of containerd's hosts.toml files, <c>&lt;folder&gt;/&lt;host[:port]&gt;/hosts.toml</c>.</summary>
    public string ConfigPath { get; init; } = "/etc/containerd/certs.d";

    /// <summary>Sent with each request.</summary>
    public string UserAgent { get; init; } = "gateway";

    /// <summary>Tries of one request. Default 5.</summary>
    public int MaxAttempts { get; init; } = 5;

    /// <summary>First pause between tries; doubles up to <see cref="LongestBackoff"/>, with full jitter. Default 500 ms.</summary>
    public TimeSpan FirstBackoff { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Longest pause of our own. Default 30 s.</summary>
    public TimeSpan LongestBackoff { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest pause a registry may ask for with <c>Retry-After</c> within a request; one that asks for more is told to the caller. Default 60 s.</summary>
    public TimeSpan LongestRetryAfter { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Limit for the connection. Default 15 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Limit for the answer's headers. Default 60 s.</summary>
    public TimeSpan HeaderTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Longest silence within a body. Default 60 s.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Hosts of token servers a registry may name besides itself, by registry host. Docker Hub's own is built in.
    /// </summary>
    public IReadOnlyDictionary<string, string[]> TrustedRealms { get; init; } = new Dictionary<string, string[]>(StringComparer.Ordinal);

    /// <summary>Which addresses may be dialled.</summary>
    public EgressPolicy Egress { get; init; } = new();
}
