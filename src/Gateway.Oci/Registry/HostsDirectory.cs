using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Tomlyn;

namespace Gateway.Oci.Registry;

/// <summary>containerd's host configuration folder. Read at each pull; a file whose time did not change is not parsed again.</summary>
internal sealed partial class HostsDirectory(string root, ILogger logger)
{
    private const int MaxFileBytes = 256 * 1024;

    // Domains come from strangers: the cache is emptied rather than grown.
    private const int MaxCached = 256;

    private readonly ConcurrentDictionary<(string File, string Domain), (DateTime WrittenAt, IReadOnlyList<RegistryHost> Hosts)> parsed = new();

    /// <summary>The hosts to ask for a domain, in order, the upstream last.</summary>
    public IReadOnlyList<RegistryHost> HostsFor(string domain)
    {
        var folder = FoldersFor(domain).FirstOrDefault(Directory.Exists);
        if (folder is null)
        {
            return [RegistryHost.DefaultFor(domain)];
        }

        var file = Path.Combine(folder, "hosts.toml");
        try
        {
            return File.Exists(file) ? Load(file, folder, domain) : [RegistryHost.DefaultFor(domain) with { Tls = DockerStyle(folder) }];
        }
        catch (Exception fault) when (fault is TomlException or FormatException or IOException or UnauthorizedAccessException or UriFormatException)
        {
            LogBroken(logger, file, fault.Message);
            throw new RegistryFault(OciFault.RegistryConfigurationInvalid, $"the host configuration for {domain} is broken; the gateway's log says where", fault);
        }
    }

    private IReadOnlyList<RegistryHost> Load(string file, string folder, string domain)
    {
        var writtenAt = File.GetLastWriteTimeUtc(file);
        if (parsed.TryGetValue((file, domain), out var known) && known.WrittenAt == writtenAt)
        {
            return known.Hosts;
        }

        if (new FileInfo(file).Length > MaxFileBytes)
        {
            throw new FormatException($"larger than {MaxFileBytes} bytes");
        }

        var hosts = HostsToml.Parse(File.ReadAllText(file), folder, domain);
        if (parsed.Count >= MaxCached)
        {
            parsed.Clear();
        }

        parsed[(file, domain)] = (writtenAt, hosts);
        return hosts;
    }

    // containerd's order: host_port_ (for file systems without colons), host:port, _default.
    private IEnumerable<string> FoldersFor(string domain)
    {
        var colon = domain.LastIndexOf(':');
        if (colon > domain.LastIndexOf(']'))
        {
            yield return Path.Combine(root, $"{domain[..colon]}_{domain[(colon + 1)..]}_");
        }

        yield return Path.Combine(root, domain);
        yield return Path.Combine(root, "_default");
    }

    // Docker's convention, which containerd keeps for folders without hosts.toml: *.crt are authorities, *.cert with *.key the client.
    private static TlsSettings DockerStyle(string folder) => new(
        [.. Directory.EnumerateFiles(folder, "*.crt").Order(StringComparer.Ordinal)],
        [.. Directory.EnumerateFiles(folder, "*.cert").Order(StringComparer.Ordinal).Select(file => (file, Path.ChangeExtension(file, ".key")))],
        SkipVerify: false);

    [LoggerMessage(1, LogLevel.Error, "Host configuration {File} cannot be used: {Reason}")]
    private static partial void LogBroken(ILogger logger, string file, string reason);
}
