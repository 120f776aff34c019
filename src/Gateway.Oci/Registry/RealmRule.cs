namespace Gateway.Oci.Registry;

/// <summary>Which token servers a registry may send us to: its own host, or one the operator trusts for it (CVE-2026-48978).</summary>
internal static class RealmRule
{
    private static readonly string[] DockerHubRealms = ["auth.docker.io"];

    /// <summary>The realm as an address, or a fault that names its host and nothing else of it.</summary>
    public static Uri Check(string? realm, RegistryHost registry, string domain, IReadOnlyDictionary<string, IReadOnlyList<string>> trusted)
    {
        if (!Uri.TryCreate(realm, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            throw Refused("its challenge names no http address", registry);
        }

        if (uri.UserInfo.Length > 0)
        {
            throw Refused($"the address at {uri.Host} carries a user", registry);
        }

        // The port is free on the registry's own host: token servers commonly stand beside the registry.
        var sameHost = string.Equals(uri.IdnHost, registry.Root.IdnHost, StringComparison.OrdinalIgnoreCase);
        var bothLoopback = LoopbackHost.Is(uri.Host) && LoopbackHost.Is(registry.Root.Host);
        if (uri.Scheme is "http" && !(registry.Root.Scheme is "http" && (sameHost || bothLoopback)))
        {
            throw Refused($"{uri.Host} would be spoken to without TLS", registry);
        }

        return sameHost || bothLoopback || TrustedFor(registry, domain, trusted).Any(host => Names(host, uri))
            ? uri
            : throw Refused($"{uri.Host} is not trusted for it", registry);
    }

    private static IEnumerable<string> TrustedFor(RegistryHost registry, string domain, IReadOnlyDictionary<string, IReadOnlyList<string>> trusted)
    {
        var dockerHub = registry.Authority is "registry-1.docker.io" ? DockerHubRealms : [];
        var byHost = trusted.TryGetValue(registry.Authority, out var hosts) ? hosts : [];
        var byDomain = registry.IsOrigin && trusted.TryGetValue(domain, out var more) ? more : [];
        return [.. dockerHub, .. byHost, .. byDomain];
    }

    private static bool Names(string trusted, Uri realm) =>
        string.Equals(trusted, trusted.Contains(':') ? realm.Authority : realm.IdnHost, StringComparison.OrdinalIgnoreCase);

    private static RegistryFault Refused(string reason, RegistryHost registry) =>
        new(OciFault.EgressDenied, $"the token server that {registry.Authority} names is refused: {reason}");
}
