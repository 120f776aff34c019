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

        var source = new Source(faults) { Path = Path.GetFullPath(path), Optional = false, ReloadOnChange = true };
        source.ResolveFileProvider();
        var sources = builder.Configuration.Sources;
        var last = sources.OfType<JsonConfigurationSource>().LastOrDefault();
        sources.Insert(last is null ? 0 : sources.IndexOf(last) + 1, source);
        var provider = ((IConfigurationRoot)builder.Configuration).Providers.OfType<Provider>().Single();
        if (provider.TryGet($"{AuthOptions.Section}:{nameof(AuthOptions.BootstrapKey)}", out _) && PrivateFile.FindOpening(path, isGiven: true) is { } opening)
        {
            throw new InvalidOperationException($"the start is refused: it holds the bootstrap key, and {opening}");
        }
    }

    private sealed class Source(ConfigurationFaults faults) : JsonConfigurationSource
    {
        public override IConfigurationProvider Build(IConfigurationBuilder builder)
        {
            EnsureDefaults(builder);
            return new Provider(this, faults);
        }
    }

    // The framework's own counts a file that cannot be read any more as empty.
    private sealed class Provider(Source source, ConfigurationFaults faults) : JsonConfigurationProvider(source)
    {
        private bool wasRead;

        public override void Load(Stream stream)
        {
            try
            {
                base.Load(stream);
                wasRead = true;
            }
            catch (FormatException broken) when (wasRead)
            {
                faults.Put(broken.Message);
            }
        }
    }
}
