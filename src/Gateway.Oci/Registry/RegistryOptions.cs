using System.Net;

namespace Gateway.Oci.Registry;

/// <summary>How registries are found, reached and waited for.</summary>
public sealed class RegistryOptions
{
    /// <summary>Root of containerd's host configuration, <c>&lt;root&gt;/&lt;host&gt;/hosts.toml</c>; an absent folder means no configuration.</summary>
    public string ConfigPath { get; init; } = "/etc/containerd/certs.d";

    /// <summary>Sent with every request.</summary>
    public string UserAgent { get; init; } = "gateway";

    /// <summary>Tries of one request at the registry itself, the first included; mirrors get at most two.</summary>
    public int MaxAttempts { get; init; } = 5;

    /// <summary>Bound of the first wait between tries; each wait is drawn evenly from zero to its bound, and bounds double.</summary>
    public TimeSpan BackoffBase { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>Largest bound of a wait between tries.</summary>
    public TimeSpan BackoffCap { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest <c>Retry-After</c> that is sat out; a longer one ends the request and is handed to the caller.</summary>
    public TimeSpan RetryAfterCap { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Time for resolving, connecting and TLS.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Time from a request to the headers of its answer.</summary>
    public TimeSpan HeaderTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Time from the last byte of an upload to the headers of the answer: a registry may move the blob to its storage first.</summary>
    public TimeSpan CommitTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Time without a byte of a body before the connection is given up.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Token server hosts that a registry may name besides its own; <c>docker.io</c> may always name <c>auth.docker.io</c>.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> TrustedRealms { get; init; } = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);

    /// <summary>Which addresses may be dialled.</summary>
    public EgressPolicy Egress { get; init; } = new();

    /// <summary>Resolves a name to its addresses; every dial asks once and dials what it was told.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = Dns.GetHostAddressesAsync;
}
