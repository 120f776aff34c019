using Gateway.Auth;
using Gateway.Http;
using Microsoft.Extensions.Configuration.Json;

namespace Gateway;

/// <summary>The operator's file, between the program's own defaults and the environment. It is read again when it has changed.</summary>
internal static class ConfigurationFile
{
    private const string DefaultPath = "/etc/gateway/gateway.json";
    private const string Variable = "GATEWAY_CONFIG";

    public static void AddConfigurationFile(this WebApplicationBuilder builder)
    {
        var faults = new ConfigurationFaults();
        builder.Services.AddSingleton(faults);
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
        if (new ConfigurationBuilder().Add(source).Build()[$"{AuthOptions.Section}:{nameof(AuthOptions.BootstrapKey)}"] is not null && PrivateFile.FindOpening(path, isGiven: true) is { } opening)
        {
            throw new InvalidOperationException($"the start is refused: it holds the bootstrap key, and {opening}");
        }

        // From here on: what cannot be read at the start ends it.
        source.OnLoadException = failed =>
        {
            faults.Put(failed.Exception);
            failed.Ignore = true;
        };
    }
}
