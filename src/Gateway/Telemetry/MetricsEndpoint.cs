using Gateway.Auth;

namespace Gateway.Telemetry;

internal static class MetricsEndpoint
{
    /// <summary>Maps <c>/metrics</c> in Prometheus' text format; its own scrapes are not counted. Nothing where <c>OTEL_SDK_DISABLED</c> is true.</summary>
    /// <remarks>Meant for the management listener: the figures name no caller, but they tell how busy the node is.</remarks>
    public static void MapGatewayMetrics(this IEndpointRouteBuilder endpoints)
    {
        if (TelemetrySetup.IsDisabled(endpoints.ServiceProvider.GetRequiredService<IConfiguration>()))
        {
            return;
        }

        endpoints.MapPrometheusScrapingEndpoint("/metrics")
            .IsOpenToAnyone()
            .DisableHttpMetrics()
            .WithMetadata(new ExcludeFromDescriptionAttribute());
    }
}
