using Gateway.Access;
using Gateway.Audit;
using Gateway.Auth;
using Gateway.Content;
using Gateway.Http;
using Gateway.Images;
using Gateway.Jobs;
using Gateway.Leases;
using Gateway.Namespaces;
using Gateway.Node;
using Gateway.OpenApi;
using Gateway.Snapshots;
using Gateway.Telemetry;
using Gateway.Tenancy;
using Gateway.Webhooks;
using Microsoft.Extensions.Options;

namespace Gateway;

/// <summary>The application, put together.</summary>
internal static class GatewayApp
{
    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.AddConfigurationFile();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.AddGatewayLogging();
        builder.AddGatewayTelemetry();
        builder.AddGatewayHttp();
        builder.AddGatewayAuth(BesideJobStore);
        builder.AddAudit();
        builder.AddRequestLimits();
        builder.AddJobs();
        builder.AddClients();
        builder.AddTenancy();
        builder.AddWebhooks();
        builder.AddAccess();
        builder.AddNode();
        builder.AddNamespaces();
        builder.AddImages();
        builder.AddContent();
        builder.AddLeases();
        builder.AddSnapshots();
        builder.AddGatewayOpenApi();

        var app = builder.Build();
        app.UseGatewayHttp();
        app.UseGatewayOpenApi();
        app.UseRouting();
        app.UseAuditOfDenials();
        app.UseGuessLimit();
        app.UseGatewayAuth();
        app.UseAudit();
        app.UseBindingGuard();
        app.UseIdempotency();

        app.MapServiceTo().IsOpenToAnyone();
        app.MapOpenApi();
        app.MapGatewayMetrics();
        app.MapJobs();
        var v1 = app.MapGroup("/v1");
        v1.MapAudit();
        v1.MapWebhooks();
        v1.MapAccess();
        v1.MapNode();
        v1.MapNamespaces();
        var inNamespace = v1.MapGroup("/namespaces/{namespace}");
        inNamespace.MapImages();
        inNamespace.MapContent();
        inNamespace.MapLeases();
        inNamespace.MapSnapshots();

        // Last, and by hand: only now the check of permissions and the API description see every endpoint before the start.
        app.UseEndpoints(_ => { });
        return app;
    }

    private static string BesideJobStore(IServiceProvider services) =>
        JobStorePath.FolderOf(services.GetRequiredService<IOptions<JobOptions>>().Value);
}
