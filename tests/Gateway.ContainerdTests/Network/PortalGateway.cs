using Gateway.TestKit;

namespace Gateway.ContainerdTests.Network;

/// <summary>A gateway that lists the origins of two portals.</summary>
public sealed class PortalGateway : IAsyncLifetime
{
    public const string Portal = "https://portal.example.org";
    public const string Local = "http://localhost:3000";

    public GatewayProcess Gateway { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Gateway = await GatewayProcess.StartAsync("/nonexistent", new Dictionary<string, string?>
    {
        ["Cors__Origins__0"] = Portal,
        ["Cors__Origins__1"] = Local,
    });

    public ValueTask DisposeAsync() => Gateway.DisposeAsync();
}
