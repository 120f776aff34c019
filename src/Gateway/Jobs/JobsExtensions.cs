using Gateway.Auth;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Gateway.Jobs;

internal static class JobsExtensions
{
    /// <summary>The store, the runner and what reads them. Features add their <see cref="IJobHandler"/>s as singletons.</summary>
    public static IHostApplicationBuilder AddJobs(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<JobOptions>().BindConfiguration(JobOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);

        services.AddSingleton(provider => JobStoreFiles.Open(provider.GetRequiredService<IOptions<JobOptions>>().Value));
        services.AddSingleton(provider => provider.GetRequiredService<JobStoreFiles>().Database);
        services.AddSingleton(provider => provider.GetRequiredService<JobStoreFiles>().Secrets);
        services.AddSingleton<JobStore>().AddSingleton<JobQueries>().AddSingleton<JobHousekeeping>();

        services.AddSingleton<JobHub>().AddSingleton<JobWatcher>().AddSingleton<JobAccess>();
        services.AddSingleton<JobId>().AddSingleton<WorkSignal>().AddSingleton<RunningJobs>().AddSingleton<JobTelemetry>();
        services.AddSingleton<JobHandlers>().AddSingleton<JobCleaner>().AddSingleton<JobWork>().AddSingleton<JobAttempt>();
        services.AddSingleton<JobStarter>().AddSingleton<JobCanceler>();
        services.AddHealthChecks().AddCheck<JobStoreHealth>("jobs", tags: ["ready"]);
        services.AddHostedService<JobRunner>().AddHostedService<JobSweeper>();
        return builder;
    }

    /// <summary>Routes of tag "Jobs". A caller always reaches its own jobs; the permission is for those of others.</summary>
    public static void MapJobs(this IEndpointRouteBuilder app)
    {
        var jobs = app.MapGroup("/v1/jobs").WithTags("Jobs");

        jobs.MapGet("", ListJobs.Handle).Needs(Permission.JobsRead, ownerMay: true).WithName("listJobs");
        jobs.MapGet("/{id}", GetJob.Handle).Needs(Permission.JobsRead, ownerMay: true).WithName("getJob").Produces(StatusCodes.Status304NotModified);
        jobs.MapGet("/{id}/events", GetJobEvents.Handle).Needs(Permission.JobsRead, ownerMay: true).WithName("getJobEvents")
            .Produces<JobView>(StatusCodes.Status200OK, "text/event-stream", "application/x-ndjson", "text/plain")
            .Produces(StatusCodes.Status204NoContent);
        jobs.MapPost("/{id}/cancel", CancelJob.Handle).Needs(Permission.JobsCancel, ownerMay: true).WithName("cancelJob");
        jobs.MapDelete("/{id}", DeleteJob.Handle).Needs(Permission.JobsCancel, ownerMay: true).WithName("deleteJob");
    }
}
