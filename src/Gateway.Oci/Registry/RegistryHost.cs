namespace Gateway.Oci.Registry;

/// <summary>What a host may be used for.</summary>
[Flags]
internal enum HostCapabilities
{
    None = 0,
    Pull = 1,
    Resolve = 2,
    Push = 4,
    All = Pull | Resolve | Push,
}

/// <summary>One place to ask for a repository: a mirror, or the registry itself (the upstream, always last).</summary>
internal sealed record RegistryHost
{
    /// <summary>Scheme, host and port.</summary>
    public required Uri Root { get; init; }

    /// <summary>Path before the repository, <c>/v2</c> unless overridden.</summary>
    public string ApiPath { get; init; } = "/v2";

    public HostCapabilities Capabilities { get; init; } = HostCapabilities.All;

    public TlsSettings Tls { get; init; } = TlsSettings.Default;

    /// <summary>Headers of the operator's configuration, sent to this host only.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Whether this host is the one the reference names: it alone is shown the caller's credentials, and it needs no <c>ns</c> parameter.</summary>
    /// <remarks>
    /// A mirror, or a <c>server</c> with another name, is the operator's choice and not the caller's: a password for one registry is never
    /// shown to another (CVE-2021-41092 was that). Operators give mirrors their own credentials in the <c>header</c> table.
    /// </remarks>
    public required bool IsOrigin { get; init; }

    /// <summary>Host with its port where it is not the scheme's own.</summary>
    public string Authority => Root.Authority;

    /// <summary>Where a repository's object is: <paramref name="kind"/> is <c>manifests</c> or <c>blobs</c>. The query is without its question mark.</summary>
    public Uri UriOf(ImageReference reference, string kind, string name, string query = "")
    {
        var all = IsOrigin ? query : string.Join('&', new[] { query, "ns=" + Uri.EscapeDataString(reference.Domain) }.Where(part => part.Length > 0));
        return new($"{Root.GetLeftPart(UriPartial.Authority)}{ApiPath}/{reference.Path}/{kind}/{name}{(all.Length is 0 ? "" : "?" + all)}");
    }

    /// <summary>The registry of a domain when nothing is configured: plain http on loopback unless the port says otherwise, https elsewhere.</summary>
    public static RegistryHost DefaultFor(string domain)
    {
        var authority = domain is "docker.io" ? "registry-1.docker.io" : domain;
        return new RegistryHost { Root = new Uri($"{DefaultScheme(authority)}://{authority}/"), IsOrigin = true };
    }

    /// <summary>The scheme of an authority that was written without one.</summary>
    public static string DefaultScheme(string authority)
    {
        var probe = new Uri($"https://{authority}/");
        return LoopbackHost.Is(probe.Host) && !authority.EndsWith(":443", StringComparison.Ordinal) ? "http" : "https";
    }
}
