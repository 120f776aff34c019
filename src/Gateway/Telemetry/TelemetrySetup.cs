using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Gateway.Telemetry;

/// <summary>Traces, metrics and exported logs, steered by the standard <c>OTEL_*</c> variables alone.</summary>
/// <remarks>
/// HttpClient's own instrumentation is left out on purpose: it names whole URLs, and a registry's redirect carries signatures in its query.
/// The registry client makes its own spans, and each gRPC call is one span because the HTTP/2 request below it is suppressed.
/// </remarks>
internal static class TelemetrySetup
{
    private const string DefaultServiceName = "gateway";
    private static readonly string[] Sources = ["Gateway.Jobs", "Gateway.Oci.Registry", "Gateway.Containerd", "Gateway.Images"];

    public static WebApplicationBuilder AddGatewayTelemetry(this WebApplicationBuilder builder)
    {
        if (IsDisabled(builder.Configuration))
        {
            return builder;
        }

        var export = new OtlpExport(builder.Configuration);
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(Identify)
            .WithTracing(tracing => Trace(tracing, export))
            .WithMetrics(metrics => Measure(metrics, export));
        if (export.Sends(OtlpSignal.Logs))
        {
            builder.Logging.AddOpenTelemetry(logs =>
            {
                logs.IncludeFormattedMessage = true;
                logs.AddProcessor(new LogRedaction());
                export.AddTo(logs);
            });
        }

        return builder;
    }

    /// <summary>The specification's switch; like the specification, anything but <c>true</c> is no.</summary>
    internal static bool IsDisabled(IConfiguration configuration) =>
        string.Equals(configuration["OTEL_SDK_DISABLED"]?.Trim(), "true", StringComparison.OrdinalIgnoreCase);

    // The variables come last, so that OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win over what is built in.
    private static void Identify(ResourceBuilder resource) => resource
        .AddService(DefaultServiceName, serviceVersion: typeof(TelemetrySetup).Assembly.GetName().Version?.ToString(3))
        .AddEnvironmentVariableDetector();

    private static void Trace(TracerProviderBuilder tracing, OtlpExport export)
    {
        tracing
            .AddAspNetCoreInstrumentation(server => server.Filter = static http => !IsProbe(http.Request.Path))
            .AddGrpcClientInstrumentation(grpc => grpc.SuppressDownstreamInstrumentation = true)
            .AddSource(Sources)
            .AddProcessor(new SpanRedaction());
        export.AddTo(tracing);
    }

    private static void Measure(MeterProviderBuilder metrics, OtlpExport export)
    {
        metrics
            .AddAspNetCoreInstrumentation()
            .AddRuntimeInstrumentation()
            .AddMeter(Sources) // by name: a pattern would compile a regular expression at each start
            .AddPrometheusExporter();
        export.AddTo(metrics);
    }

    // Asked every few seconds by machines, and never what somebody looks for in a trace.
    private static bool IsProbe(PathString path) =>
        path.StartsWithSegments("/healthz", StringComparison.Ordinal) || path.StartsWithSegments("/metrics", StringComparison.Ordinal);
}
