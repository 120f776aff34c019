using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Gateway.Telemetry;

/// <summary>The signals of OTLP, as the variables' names spell them.</summary>
internal enum OtlpSignal
{
    Traces,
    Metrics,
    Logs,
}

/// <summary>
/// OTLP export of the signals whose endpoint is named: <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> for all, or
/// <c>OTEL_EXPORTER_OTLP_{TRACES|METRICS|LOGS}_ENDPOINT</c> for one; <c>OTEL_{signal}_EXPORTER=none</c> leaves one out.
/// </summary>
/// <remarks>
/// Without an endpoint nothing is sent: the exporter's default of localhost:4317 would fail forever on most machines. The SDK reads the general
/// variables by itself; of the per-signal ones (opentelemetry-specification, "OTLP Exporter Configuration") it reads none here, so this does.
/// </remarks>
internal sealed class OtlpExport(IConfiguration configuration)
{
    public bool Sends(OtlpSignal signal) =>
        (Has("ENDPOINT") || Has($"{Name(signal)}_ENDPOINT")) && Exporters(signal).Contains("otlp", StringComparer.OrdinalIgnoreCase);

    public void AddTo(TracerProviderBuilder tracing)
    {
        if (Sends(OtlpSignal.Traces))
        {
            tracing.AddOtlpExporter(nameof(OtlpSignal.Traces), options => Configure(options, OtlpSignal.Traces));
        }
    }

    public void AddTo(MeterProviderBuilder metrics)
    {
        if (Sends(OtlpSignal.Metrics))
        {
            metrics.AddOtlpExporter(nameof(OtlpSignal.Metrics), options => Configure(options, OtlpSignal.Metrics));
        }
    }

    public void AddTo(OpenTelemetryLoggerOptions logs)
    {
        if (Sends(OtlpSignal.Logs))
        {
            logs.AddOtlpExporter(nameof(OtlpSignal.Logs), options => Configure(options, OtlpSignal.Logs));
        }
    }

    // Protocol first: it decides the endpoint's default, and a named endpoint is used as it stands.
    private void Configure(OtlpExporterOptions options, OtlpSignal signal)
    {
        options.Protocol = Value(signal, "PROTOCOL") switch
        {
            "grpc" => OtlpExportProtocol.Grpc,
            "http/protobuf" => OtlpExportProtocol.HttpProtobuf,
            _ => options.Protocol,
        };
        if (Uri.TryCreate(Value(signal, "ENDPOINT"), UriKind.Absolute, out var endpoint))
        {
            options.Endpoint = endpoint;
        }

        options.Headers = Value(signal, "HEADERS") ?? options.Headers;
        if (int.TryParse(Value(signal, "TIMEOUT"), out var milliseconds))
        {
            options.TimeoutMilliseconds = milliseconds;
        }
    }

    private string[] Exporters(OtlpSignal signal) =>
        (configuration[$"OTEL_{Name(signal)}_EXPORTER"] is { Length: > 0 } named ? named : "otlp")
        .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private string? Value(OtlpSignal signal, string setting) =>
        configuration[$"OTEL_EXPORTER_OTLP_{Name(signal)}_{setting}"] is { Length: > 0 } value ? value : null;

    private bool Has(string setting) => !string.IsNullOrEmpty(configuration[$"OTEL_EXPORTER_OTLP_{setting}"]);

    private static string Name(OtlpSignal signal) => signal.ToString().ToUpperInvariant();
}
