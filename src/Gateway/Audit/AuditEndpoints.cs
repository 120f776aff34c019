using Gateway.Auth;
using Gateway.Http;
using Gateway.Jobs;
using Microsoft.Extensions.Options;

namespace Gateway.Audit;

/// <summary>The audit: who asked for which change, and what became of it. Its route is of tag "Audit".</summary>
internal static class AuditEndpoints
{
    public static void AddAudit(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<AuditOptions>().BindConfiguration(AuditOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<AuditExport>();
        services.AddSingleton(provider => AuditLog.Open(
            PathOf(provider), provider.GetRequiredService<IOptions<AuditOptions>>().Value, provider.GetRequiredService<AuditExport>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<AuditLog>>()));
        services.AddSingleton<JobEnded>(provider => job => provider.GetRequiredService<AuditLog>().RecordAsync(AuditedRequest.EndOf(job)));
        services.AddHostedService<MissedEnds>().AddHostedService<OwedRecords>();
    }

    /// <summary>Where the configuration puts the file.</summary>
    public static string PathOf(IServiceProvider services) =>
        services.GetRequiredService<IOptions<AuditOptions>>().Value.PathBeside(services.GetRequiredService<IOptions<JobOptions>>().Value);

    /// <summary>Comes before the decision whether the caller may do what it asks for.</summary>
    public static void UseAuditOfDenials(this IApplicationBuilder app) => app.UseMiddleware<DenialMiddleware>();

    /// <summary>Comes after that decision, and before anything is done.</summary>
    public static void UseAudit(this IApplicationBuilder app) => app.UseMiddleware<AuditMiddleware>();

    public static void MapAudit(this IEndpointRouteBuilder v1) =>
        v1.MapGroup("/audit").WithTags("Audit")
            .MapGet("", ListAudit.Handle).Needs(Permission.AuditRead).WithName("listAudit")
            .WithSummary("List the audit")
            .WithDescription("Records newest first: of the namespaces in which the caller holds `audit:read`; those without a namespace are for callers who hold it in `*`. "
                + "A page may be short or empty and still name a next one: the search for what fits goes on there.")
            .Produces<Page<AuditRecord>>();
}
