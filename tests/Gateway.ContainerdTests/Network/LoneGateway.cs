using Gateway.TestKit;

namespace Gateway.ContainerdTests.Network;

/// <summary>A gateway as it is by default, with no containerd behind it: who is let through learns 503.</summary>
public sealed class LoneGateway : IAsyncLifetime
{
    public GatewayProcess Gateway { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Gateway = await GatewayProcess.StartAsync("/nonexistent");

    public ValueTask DisposeAsync() => Gateway.DisposeAsync();
}
