namespace Gateway;

/// <summary>Section <c>Registries</c>.</summary>
internal sealed class RegistriesOptions
{
    public const string Section = "Registries";

    /// <summary>Folder of hosts.toml files, in containerd's own convention.</summary>
    public string ConfigPath { get; init; } = "/etc/containerd/certs.d";

    /// <summary>Token servers a registry may name besides itself, by registry host.</summary>
    public Dictionary<string, string[]> TrustedRealms { get; init; } = [];

    /// <summary>Longest silence of a registry within a blob. Default 60 s.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Tries of one request to a registry. Default 5.</summary>
    public int MaxAttempts { get; init; } = 5;
}

/// <summary>Section <c>Egress</c>.</summary>
internal sealed class EgressOptions
{
    public const string Section = "Egress";

    /// <summary><c>host:port</c>, host, address or CIDR that registries may be at besides public addresses.</summary>
    public string[] Allow { get; init; } = [];
}
