using OpenTelemetry.Trace;

namespace Gateway.Tests.Telemetry;

/// <summary>Alone in the process: a span that another host's sampler takes is handed to every provider, this one's too.</summary>
[Collection(Alone)]
public sealed class SamplerTests
{
    private const string Alone = "sampler";

    [CollectionDefinition(Alone, DisableParallelization = true)]
    public sealed class Collection;

    [Fact]
    public async Task Sampler_variable_is_honoured()
    {
        await using var host = await TelemetryHost.StartAsync(null, ("OTEL_TRACES_SAMPLER", "always_off"));

        using var answer = await host.Client.GetAsync("/hello/you");

        Assert.Empty(host.Spans);
        Assert.NotNull(host.Services.GetService(typeof(TracerProvider)));
    }
}
