using Gateway.Auth;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Gateway.Jobs;

internal static class JobsExtensions
{
    private const string EventsDescription =
        "Server-sent events until the job's end; JSON lines or progress bars for a terminal by `Accept`. Event ids are `<epoch>-<sequence>`, rise, and name the "
        + "same event for ever, over a restart of the gateway too. With `Last-Event-ID` the stream resumes after that event. Only a job's newest state is kept: "
        + "where others came between, or may have, an event `gap` with `{\"after\": \"<last id>\", \"next\": \"<id that follows>\"}` comes first, in JSON lines the "
        + "line `{\"gap\": {...}}`. An id of another form resumes nothing. A client that has seen the end is answered 204. A reader that "
        + "takes nothing for 10 seconds is cut off.";

    /// <summary>The store, the runner and what reads them. Features add their <see cref="IJobHandler"/>s as singletons.</summary>
    public static IHostApplicationBuilder AddJobs(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<JobOptions>().BindConfiguration(JobOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<JobLimitOptions>().BindConfiguration(JobLimitOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);

        services.AddSingleton(provider => JobStoreFiles.Open(provider.GetRequiredService<IOptions<JobOptions>>().Value));
        services.AddSingleton(provider => provider.GetRequiredService<JobStoreFiles>().Database);
        services.AddSingleton(provider => provider.GetRequiredService<JobStoreFiles>().Secrets);
        services.AddSingleton<JobStore>().AddSingleton<JobQueries>().AddSingleton<JobHousekeeping>().AddSingleton<IdempotencyStore>();
        services.AddSingleton<JobBackup>();

        services.AddSingleton<JobHub>().AddSingleton<JobWatcher>().AddSingleton<JobAccess>();
        services.AddSingleton<EventFormats>().AddSingleton<JobFollower>();
        services.AddSingleton<JobId>().AddSingleton<WorkSignal>().AddSingleton<RunningJobs>().AddSingleton<JobTelemetry>();
        services.AddSingleton<JobHandlers>().AddSingleton<JobCleaner>().AddSingleton<JobWork>().AddSingleton<JobAttempt>();
        services.AddSingleton<JobStarter>().AddSingleton<JobCanceler>();
        services.AddSingleton<JobStoreHealth>().AddHealthChecks().AddCheck<JobStoreHealth>("jobs", tags: ["ready"]);
        // The first to start is the last to stop: the backup of a shutdown has what the others put down.
        services.AddHostedService<HourlyJobBackup>().AddHostedService<JobRunner>().AddHostedService<JobSweeper>();
        return builder;
    }

    /// <summary>Has POSTs with an <c>Idempotency-Key</c> done once. Comes after the caller is known.</summary>
    public static void UseIdempotency(this IApplicationBuilder app) => app.UseMiddleware<IdempotencyMiddleware>();

    /// <summary>Routes of tag "Jobs". A caller always reaches its own jobs; the permission is for those of others.</summary>
    public static void MapJobs(this IEndpointRouteBuilder app)
    {
        var jobs = app.MapGroup("/v1/jobs").WithTags("Jobs");

        jobs.MapGet("", ListJobs.Handle).Needs(Permission.JobsRead, ownerMay: true).WithName("listJobs")
            .WithSummary("List jobs").WithDescription("The caller's own jobs, newest first, and those of others where `jobs:read` is granted in their namespace.");
        jobs.MapGet("/{id}", GetJob.Handle).Needs(Permission.JobsRead, ownerMay: true).WithName("getJob")
            .WithSummary("Get a job").WithDescription("One job; with `wait` the answer is held until it ends, for at most 60 seconds.").Produces(StatusCodes.Status304NotModified);
        jobs.MapGet("/{id}/events", GetJobEvents.Handle).Needs(Permission.JobsRead, ownerMay: true).WithName("getJobEvents")
            .WithSummary("Follow a job").WithDescription(EventsDescription)
            .Produces<JobView>(StatusCodes.Status200OK, "text/event-stream", "application/x-ndjson", "text/plain")
            .Produces(StatusCodes.Status204NoContent).Produces(StatusCodes.Status406NotAcceptable);
        jobs.MapPost("/{id}/cancel", CancelJob.Handle).Needs(Permission.JobsCancel, ownerMay: true).WithName("cancelJob")
            .WithSummary("Cancel a job").WithDescription("Asks the job to stop; what it had begun is removed before it ends as `canceled`.");
        jobs.MapDelete("/{id}", DeleteJob.Handle).Needs(Permission.JobsCancel, ownerMay: true).WithName("deleteJob")
            .WithSummary("Forget a job").WithDescription("Only a finished job can be forgotten.")
            .Produces(StatusCodes.Status409Conflict).Produces(StatusCodes.Status412PreconditionFailed);
    }
}
