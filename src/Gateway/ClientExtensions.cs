using Gateway.Containerd;
using Gateway.Containerd.Freshness;
using Gateway.Oci.Registry;
using Microsoft.Extensions.Options;

namespace Gateway;

/// <summary>The two clients every feature speaks through: containerd's and the registries'.</summary>
internal static class ClientExtensions
{
    public static void AddClients(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<ContainerdOptions>().BindConfiguration(ContainerdOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<RegistriesOptions>().BindConfiguration(RegistriesOptions.Section);
        services.AddOptions<EgressOptions>().BindConfiguration(EgressOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<EgressOptions>, EgressOptionsValidator>();
        services.AddSingleton<DaemonPeers>();
        services.AddSingleton(provider => new ContainerdClient(
            provider.GetRequiredService<IOptions<ContainerdOptions>>().Value.Address, provider.GetRequiredService<DaemonPeers>()));
        services.AddSingleton(provider => new MetadataStamps(
            provider.GetRequiredService<ContainerdClient>(), provider.GetRequiredService<DaemonPeers>(),
            provider.GetRequiredService<IOptions<ContainerdOptions>>().Value.ReadFromMemory, provider.GetRequiredService<TimeProvider>()));
        services.AddOptions<ImageEngineOptions>().BindConfiguration(ImageEngineOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<ImageEngines>();
        services.AddSingleton<LeaseLocks>();
        services.AddOptions<ByteQuotaOptions>().BindConfiguration(ByteQuotaOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<ByteQuota>();
        services.AddSingleton(RegistryOptionsOf);
        services.AddSingleton(provider => new RegistryClient(provider.GetRequiredService<RegistryOptions>(), TimeProvider.System, provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton<ContainerdClaim>();
        services.AddHostedService<ContainerdAtStart>();
        services.AddHostedService(provider => provider.GetRequiredService<ContainerdClaim>());
        services.AddSingleton<ContainerdCheck>();
        services.AddHealthChecks().AddCheck<ContainerdCheck>("containerd", timeout: TimeSpan.FromSeconds(2));
    }

    private static RegistryOptions RegistryOptionsOf(IServiceProvider provider)
    {
        var registries = provider.GetRequiredService<IOptions<RegistriesOptions>>().Value;
        return new RegistryOptions
        {
            ConfigPath = registries.ConfigPath,
            TrustedRealms = registries.TrustedRealms.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<string>)pair.Value, StringComparer.OrdinalIgnoreCase),
            IdleTimeout = registries.IdleTimeout,
            MaxAttempts = registries.MaxAttempts,
            UserAgent = $"gateway/{typeof(ClientExtensions).Assembly.GetName().Version!.ToString(3)}",
            // While only this machine can call the API, its own loopback holds nothing a caller could not reach anyway. Tenants come through a proxy.
            Egress = new EgressPolicy(
                provider.GetRequiredService<IOptions<EgressOptions>>().Value.Allow,
                provider.GetRequiredService<Http.Listeners>().ApiIsLocal && provider.GetRequiredService<IOptions<TenancyOptions>>().Value.Mode is TenancyMode.Single),
        };
    }
}
