using System.Buffers;
using Tomlyn;
using Tomlyn.Model;

namespace Gateway.Oci.Registry;

/// <summary>One <c>hosts.toml</c>, as containerd reads it: hosts in file order, then the upstream with the file's own top-level settings.</summary>
/// <remarks>containerd 2.x docs/hosts.md. Unknown keys are ignored, as there; a known key of a wrong kind is a broken file.</remarks>
internal static class HostsToml
{
    /// <summary>Most hosts in one file; each may cost a try per request.</summary>
    public const int MaxHosts = 32;

    // Visible ASCII and blank: a line break would start a header of its own.
    private static readonly SearchValues<char> HeaderText = SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c)]);
    private static readonly SearchValues<char> HeaderName =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>Parses a file for a domain; relative paths start at <paramref name="folder"/>. Throws <see cref="FormatException"/> or <see cref="TomlException"/>.</summary>
    public static IReadOnlyList<RegistryHost> Parse(string text, string folder, string domain)
    {
        var root = TomlSerializer.Deserialize<TomlTable>(text) ?? [];
        var origin = RegistryHost.DefaultFor(domain);
        var hosts = new List<RegistryHost>();
        foreach (var (name, value) in Get<TomlTable>(root, "host") ?? [])
        {
            var table = value as TomlTable ?? throw new FormatException($"host '{name}' is not a table");
            hosts.Add(Read(table, name, folder, origin));
        }

        if (hosts.Count > MaxHosts)
        {
            throw new FormatException($"more than {MaxHosts} hosts");
        }

        hosts.Add(Read(root, Get<string>(root, "server") ?? origin.Root.GetLeftPart(UriPartial.Authority), folder, origin));
        return hosts;
    }

    private static RegistryHost Read(TomlTable table, string address, string folder, RegistryHost origin)
    {
        var written = address.Contains("://", StringComparison.Ordinal) ? address : $"{RegistryHost.DefaultScheme(address)}://{address}";
        if (!Uri.TryCreate(written, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.UserInfo.Length > 0 || uri.Query.Length > 0)
        {
            throw new FormatException("a host is not an http or https address without user and query");
        }

        var path = uri.AbsolutePath.TrimEnd('/');
        var overrides = GetBool(table, "override_path");
        return new RegistryHost
        {
            Root = new Uri(uri.GetLeftPart(UriPartial.Authority) + "/"),
            ApiPath = overrides || path.EndsWith("/v2", StringComparison.Ordinal) ? path : path + "/v2",
            IsOrigin = string.Equals(uri.Authority, origin.Authority, StringComparison.OrdinalIgnoreCase),
            Capabilities = ReadCapabilities(table),
            Tls = new TlsSettings(ReadFiles(table, "ca", folder), ReadClient(table, folder), GetBool(table, "skip_verify")),
            Headers = ReadHeaders(table),
        };
    }

    private static HostCapabilities ReadCapabilities(TomlTable table)
    {
        var written = Strings(table, "capabilities");
        return written.Count is 0
            ? HostCapabilities.All
            : written.Aggregate(HostCapabilities.None, (all, one) => all | one.ToLowerInvariant() switch
            {
                "pull" => HostCapabilities.Pull,
                "resolve" => HostCapabilities.Resolve,
                "push" => HostCapabilities.Push,
                _ => throw new FormatException($"unknown capability '{one}'"),
            });
    }

    private static List<(string, string)> ReadClient(TomlTable table, string folder)
    {
        if (!table.TryGetValue("client", out var value))
        {
            return [];
        }

        return value switch
        {
            string file => [(Path.Combine(folder, file), "")],
            TomlArray array => [.. array.Select(item => item switch
            {
                string file => (Path.Combine(folder, file), ""),
                TomlArray { Count: 2 } pair when pair[0] is string certificate && pair[1] is string key =>
                    (Path.Combine(folder, certificate), key.Length is 0 ? "" : Path.Combine(folder, key)),
                _ => throw new FormatException("'client' is not a list of [certificate, key] pairs"),
            })],
            _ => throw new FormatException("'client' is neither a file nor a list"),
        };
    }

    private static List<string> ReadFiles(TomlTable table, string key, string folder) => [.. Strings(table, key).Select(file => Path.Combine(folder, file))];

    private static List<KeyValuePair<string, string>> ReadHeaders(TomlTable table)
    {
        var headers = Get<TomlTable>(table, "header");
        return headers is null ? [] : [.. headers.Keys.SelectMany(name => Strings(headers, name).Select(value => Header(name, value)))];
    }

    private static KeyValuePair<string, string> Header(string name, string value) =>
        name.Length > 0 && !name.AsSpan().ContainsAnyExcept(HeaderName) && !value.AsSpan().ContainsAnyExcept(HeaderText)
            ? new(name, value)
            : throw new FormatException("a header is not plain text");

    private static List<string> Strings(TomlTable table, string key) => table.TryGetValue(key, out var value)
        ? value switch
        {
            string one => [one],
            TomlArray many => [.. many.Select(item => item as string ?? throw new FormatException($"'{key}' holds more than strings"))],
            _ => throw new FormatException($"'{key}' is neither a string nor a list of strings"),
        }
        : [];

    private static bool GetBool(TomlTable table, string key) => table.TryGetValue(key, out var value)
        && (value as bool? ?? throw new FormatException($"'{key}' is not true or false"));

    private static T? Get<T>(TomlTable table, string key)
        where T : class => table.TryGetValue(key, out var value) ? value as T ?? throw new FormatException($"'{key}' is of another kind") : null;
}
