using Gateway.Auth;
using Gateway.Http;
using Gateway.Images;
using Gateway.Jobs;
using Gateway.Namespaces;
using Gateway.Node;
using Gateway.Telemetry;
using Microsoft.Extensions.Options;

namespace Gateway;

/// <summary>The application, put together.</summary>
internal static class GatewayApp
{
    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.AddGatewayLogging();
        builder.AddGatewayTelemetry();
        builder.AddGatewayHttp();
        builder.AddGatewayAuth(BesideJobStore);
        builder.AddJobs();
        builder.AddClients();
        builder.AddNode();
        builder.AddNamespaces();
        builder.AddImages();

        var app = builder.Build();
        app.UseGatewayHttp();
        app.UseRouting();
        app.UseGatewayAuth();

        app.MapServiceTo().IsOpenToAnyone();
        app.MapGatewayMetrics();
        app.MapJobs();
        var v1 = app.MapGroup("/v1");
        v1.MapNode();
        v1.MapNamespaces();
        v1.MapGroup("/namespaces/{namespace}").MapImages();
        return app;
    }

    private static string BesideJobStore(IServiceProvider services) => Path.Join(
        Path.GetDirectoryName(JobStorePath.Choose(services.GetRequiredService<IOptions<JobOptions>>().Value.Database)), "bootstrap.key.json");
}
