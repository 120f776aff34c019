using System.Net;
using Tomlyn;
using Tomlyn.Model;

namespace Gateway.Oci.Registry;

/// <summary>
/// Reads <c>hosts.toml</c> as containerd does (docs/hosts.md): mirrors in the file's order, the registry itself last. Read anew for each pull, so that
/// an operator's change needs no restart.
/// </summary>
internal static class HostsToml
{
    private const string DockerHub = "docker.io";

    public static IReadOnlyList<RegistryHost> Read(string folder, string registry)
    {
        var file = Find(folder, registry);
        if (file is null)
        {
            return [new RegistryHost(DefaultApi(registry), IsMirror: false)];
        }

        try
        {
            return Parse(File.ReadAllText(file), Path.GetDirectoryName(file)!, registry);
        }
        catch (Exception broken) when (broken is not OciException)
        {
            throw new OciException(OciFault.RegistryConfigurationInvalid, $"the hosts.toml of {registry} cannot be used", broken);
        }
    }

    internal static IReadOnlyList<RegistryHost> Parse(string text, string folder, string registry)
    {
        var root = TomlSerializer.Deserialize<TomlTable>(text) ?? [];
        var hosts = new List<RegistryHost>();
        if (root.TryGetValue("host", out var value) && value is TomlTable mirrors)
        {
            foreach (var (address, table) in mirrors)
            {
                hosts.Add(HostOf(address, (TomlTable)table, folder, registry));
            }
        }

        var server = root.TryGetValue("server", out var named) ? (string)named : null;
        hosts.Add(HostOf(server ?? DefaultApi(registry).GetLeftPart(UriPartial.Authority), root, folder, registry));
        return hosts;
    }

    /// <summary>Plain http on loopback, as containerd; https elsewhere.</summary>
    internal static Uri DefaultApi(string registry)
    {
        var authority = registry is DockerHub ? "registry-1.docker.io" : registry;
        var host = new Uri($"https://{authority}");
        var plain = host.Port is not 443 && (host.Host is "localhost" || (IPAddress.TryParse(host.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address)));
        return new Uri($"{(plain ? "http" : "https")}://{authority}/v2");
    }

    private static string? Find(string folder, string registry) =>
        new[] { registry, registry.Contains(':') ? registry.Replace(':', '_') + "_" : null, "_default" }
            .OfType<string>()
            .Select(name => Path.Combine(folder, name, "hosts.toml"))
            .FirstOrDefault(File.Exists);

    private static RegistryHost HostOf(string address, TomlTable table, string folder, string registry)
    {
        var uri = new Uri(address.Contains("://", StringComparison.Ordinal) ? address : $"https://{address}");
        if (uri.Scheme is not ("http" or "https") || uri.UserInfo.Length > 0 || uri.Query.Length > 0)
        {
            throw new FormatException("a host is not an http or https address");
        }

        var path = uri.AbsolutePath.TrimEnd('/');
        var overridden = table.TryGetValue("override_path", out var keep) && keep is true;
        var api = new Uri(uri.GetLeftPart(UriPartial.Authority) + (overridden || path.EndsWith("/v2", StringComparison.Ordinal) ? path : path + "/v2"));
        var capabilities = Texts(table, "capabilities");
        return new RegistryHost(api, IsMirror: api.Authority != DefaultApi(registry).Authority)
        {
            MayResolve = capabilities.Length is 0 || capabilities.Contains("resolve", StringComparer.Ordinal),
            MayPull = capabilities.Length is 0 || capabilities.Contains("pull", StringComparer.Ordinal),
            SkipVerify = table.TryGetValue("skip_verify", out var skip) && skip is true,
            CaFiles = Texts(table, "ca").Select(file => Path.GetFullPath(file, folder)).ToArray(),
            ClientFiles = ClientFiles(table, folder),
            Headers = HeadersOf(table),
        };
    }

    private static string[] Texts(TomlTable table, string key) => !table.TryGetValue(key, out var value) ? [] : value switch
    {
        string one => [one],
        TomlArray many => many.Select(item => (string)item!).ToArray(),
        _ => throw new FormatException($"{key} is neither a string nor an array"),
    };

    // "client.pem", ["client.pem", ...] or [["client.cert", "client.key"], ...].
    private static (string, string?)[] ClientFiles(TomlTable table, string folder)
    {
        if (!table.TryGetValue("client", out var value))
        {
            return [];
        }

        var entries = value is TomlArray array ? array.ToArray() : [value];
        return entries.Select(entry => entry switch
        {
            string both => (Path.GetFullPath(both, folder), null),
            TomlArray { Count: 2 } pair => (Path.GetFullPath((string)pair[0]!, folder), (string)pair[1]! is { Length: > 0 } key ? Path.GetFullPath(key, folder) : (string?)null),
            _ => throw new FormatException("client is not a file or pairs of files"),
        }).ToArray();
    }

    private static KeyValuePair<string, string>[] HeadersOf(TomlTable table) =>
        !table.TryGetValue("header", out var value) || value is not TomlTable headers ? []
        : headers.Keys.SelectMany(name => Texts(headers, name).Select(text => KeyValuePair.Create(name, text))).ToArray();
}
