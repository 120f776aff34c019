using Gateway.Auth;
using Gateway.Http;
using Gateway.Images;
using Gateway.Jobs;
using Gateway.Namespaces;
using Gateway.Node;
using Gateway.Telemetry;

namespace Gateway;

/// <summary>The application, put together.</summary>
internal static class GatewayApp
{
    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.AddGatewayLogging();
        builder.AddGatewayTelemetry();
        builder.UseListeners();
        builder.AddGatewayHttp();
        builder.AddGatewayAuth(JobsExtensions.StateFolder);
        builder.AddJobs();
        builder.AddClients();
        builder.AddNode();
        builder.AddNamespaces();
        builder.AddImages();

        var app = builder.Build();
        app.UseGatewayHttp();
        app.UseRouting();
        app.UseGatewayAuth();

        app.MapService();
        app.MapGatewayMetrics();
        app.MapJobs();
        var v1 = app.MapGroup("/v1");
        v1.MapNode();
        v1.MapNamespaces();
        v1.MapGroup("/namespaces/{namespace}").MapImages();
        return app;
    }
}
