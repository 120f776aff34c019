using Gateway.Auth;
using Microsoft.Extensions.Configuration.Json;

namespace Gateway;

/// <summary>The operator's file, between the program's own defaults and the environment. It is read again when it has changed.</summary>
internal static class ConfigurationFile
{
    private const string DefaultPath = "/etc/gateway/gateway.json";
    private const string Variable = "GATEWAY_CONFIG";
    private const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    public static void AddConfigurationFile(this WebApplicationBuilder builder)
    {
        var named = builder.Configuration[Variable];
        var path = named ?? DefaultPath;
        if (named is null && !File.Exists(path))
        {
            return;
        }

        var source = new JsonConfigurationSource { Path = Path.GetFullPath(path), Optional = false, ReloadOnChange = true };
        source.ResolveFileProvider();
        var sources = builder.Configuration.Sources;
        var last = sources.OfType<JsonConfigurationSource>().LastOrDefault();
        sources.Insert(last is null ? 0 : sources.IndexOf(last) + 1, source);
        if (!OperatingSystem.IsWindows() && builder.Configuration[$"{AuthOptions.Section}:{nameof(AuthOptions.BootstrapKey)}"] is not null && (File.GetUnixFileMode(path) & Others) is not UnixFileMode.None)
        {
            throw new InvalidOperationException($"the start is refused: {path} may hold the bootstrap key and is open to everybody: chmod 640 it");
        }
    }
}
