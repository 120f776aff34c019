using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Gateway.Http;

/// <summary>Keeps the two listeners apart: metrics and health on the management port, everything but metrics on the API's.</summary>
internal sealed class ManagementPort(RequestDelegate next, IServer server, Listeners listeners)
{
    private HashSet<int>? ports;

    public Task InvokeAsync(HttpContext http)
    {
        var isManagement = Ports().Contains(http.Connection.LocalPort);
        // As routing does: it takes paths in any case.
        var isMetrics = http.Request.Path.StartsWithSegments("/metrics", StringComparison.OrdinalIgnoreCase);
        var isHealth = http.Request.Path.StartsWithSegments("/healthz", StringComparison.OrdinalIgnoreCase);
        if (isMetrics ? isManagement : isHealth || !isManagement)
        {
            return next(http);
        }

        throw new ProblemException(ProblemKinds.NotFound, isMetrics ? "metrics stand on the management port" : "this is the management port");
    }

    // Kestrel lists its addresses in the order they were given, with the ports it was assigned.
    private HashSet<int> Ports() => ports ??= server.Features.Get<IServerAddressesFeature>()!.Addresses
        .Skip(listeners.Api.Count).Select(address => BindingAddress.Parse(address).Port).ToHashSet();
}
