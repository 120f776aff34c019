using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Gateway.Oci.Registry;

/// <summary>Spans and metrics of registry traffic. No query string, token or image name is in either.</summary>
internal static class RegistryTelemetry
{
    public const string Name = "Gateway.Oci.Registry";

    public static readonly ActivitySource Traces = new(Name);

    private static readonly Meter Meter = new(Name);

    /// <summary>Bytes of blobs received.</summary>
    public static readonly Counter<long> Bytes = Meter.CreateCounter<long>("gateway.registry.received", "By", "Bytes of blobs received from registries.");

    /// <summary>Failures by fault.</summary>
    public static readonly Counter<long> Errors = Meter.CreateCounter<long>("gateway.registry.errors", "{error}", "Registry operations that failed, by fault.");
}
