using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Gateway.Oci.Registry;

/// <summary>Spans and metrics of registry traffic. Metrics carry no host: hosts come from strangers and would have no bound.</summary>
internal static class RegistryTelemetry
{
    /// <summary>Name of the source and of the meter.</summary>
    public const string Name = "Gateway.Oci.Registry";

    private static readonly ActivitySource Source = new(Name);
    private static readonly Meter Meter = new(Name);

    /// <summary>Bytes of all bodies.</summary>
    public static readonly Counter<long> BytesReceived = Meter.CreateCounter<long>("registry.received", "By", "Bytes of bodies received from registries.");

    /// <summary>Bytes of blobs that were uploaded.</summary>
    public static readonly Counter<long> BytesSent = Meter.CreateCounter<long>("registry.sent", "By", "Bytes of blobs sent to registries.");

    private static readonly Counter<long> Errors = Meter.CreateCounter<long>("registry.errors", "{error}", "Requests to registries that failed for good, by fault.");

    /// <summary>A span around one logical request, its retries and mirrors included.</summary>
    public static Activity? Start(string name) => Source.StartActivity(name, ActivityKind.Client);

    /// <summary>Notes the latest answer on our span, if one is running.</summary>
    public static void Answered(string host, int status)
    {
        if (Activity.Current is { } span && ReferenceEquals(span.Source, Source))
        {
            span.SetTag("server.address", host).SetTag("http.response.status_code", status);
        }
    }

    /// <summary>Notes the end of a request that failed.</summary>
    public static void Failed(Activity? span, OciFault fault)
    {
        Errors.Add(1, new KeyValuePair<string, object?>("error.type", fault.ToString()));
        span?.SetTag("error.type", fault.ToString()).SetStatus(ActivityStatusCode.Error);
    }
}
