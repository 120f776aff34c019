using Gateway.Containerd.Tenancy;

namespace Gateway.Tenancy;

internal static class TenancyExtensions
{
    /// <summary>Has the start find out whether containerd keeps namespaces apart. In multi-tenant mode nothing is served before that.</summary>
    public static void AddTenancy(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<TenancyOptions>().BindConfiguration(TenancyOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<TenancyState>().AddSingleton<SharingProbe>();
        builder.Services.AddHostedService<TenancyCheck>();
    }
}
