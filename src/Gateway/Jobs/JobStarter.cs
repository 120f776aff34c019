using System.Diagnostics;
using System.Text.Json;
using Gateway.Auth;
using Gateway.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Gateway.Jobs;

/// <summary>Takes work from a feature. What it returns is on the disk: a crash after that loses nothing.</summary>
internal sealed partial class JobStarter(
    JobStore store, JobHandlers handlers, JobSecrets secrets, JobHub hub, JobId ids, WorkSignal signal, JobTelemetry telemetry, TimeProvider time,
    IOptions<JobOptions> options, IOptions<JobLimitOptions> limits, IOptions<JsonOptions> json, IHostApplicationLifetime lifetime, ILogger<JobStarter> log)
{
    /// <summary>Longer than any work takes, and what a timer can wait.</summary>
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromDays(24);

    /// <summary>Starts a job for the request's caller, or returns the one that does the same work for the same caller already.</summary>
    public Task<JobRecord> StartAsync(JobStart start, HttpContext http, CancellationToken cancel) =>
        StartAsync(start, http.Features.GetRequiredFeature<Caller>(), http.Features.Get<IdempotencyKey>(), cancel);

    /// <param name="key">What its answer is kept under, if the caller wants that.</param>
    public async Task<JobRecord> StartAsync(JobStart start, Caller caller, IdempotencyKey? key, CancellationToken cancel)
    {
        if (start.Timeout <= TimeSpan.Zero || start.Timeout > MaxTimeout)
        {
            throw new ArgumentOutOfRangeException(nameof(start), start.Timeout, $"a job's timeout is above 0 and at most {MaxTimeout}");
        }

        if (handlers.Find(start.Kind) is null)
        {
            throw new InvalidOperationException($"no handler is registered for jobs of kind {start.Kind}");
        }

        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw new ProblemException(ProblemKinds.ShuttingDown, "the gateway is shutting down") { RetryAfter = TimeSpan.FromSeconds(5) };
        }

        var room = new QueueRoom(options.Value.MaxQueued, limits.Value.QueuedJobsPerSubject, limits.Value.QueuedJobsPerNamespace);
        var (job, joined) = await store.EnqueueAsync(Record(start, caller), room, key, cancel);
        if (joined)
        {
            return hub.Newest(job);
        }

        telemetry.Started(job.Kind);
        LogStarted(job.Id, job.Kind, job.Namespace, job.Subject);
        signal.Ring();
        return job;
    }

    private JobRecord Record(JobStart start, Caller caller)
    {
        var id = start.Id ?? ids.Next();
        var (traceParent, traceState) = TraceOfRequest();
        return new JobRecord
        {
            Id = id,
            Kind = start.Kind,
            Namespace = start.Namespace,
            Subject = caller.Subject,
            Request = JsonSerializer.Serialize(start.Request, start.Request.GetType(), json.Value.SerializerOptions),
            WorkKey = start.WorkKey,
            // As if it had been owned once: a cancel then leads through its clean-up.
            Epoch = start.Id is null ? 0 : 1,
            CreatedAt = time.GetUtcNow(),
            Timeout = start.Timeout,
            Secret = start.Secret is null ? null : secrets.Seal(id, start.Namespace, start.Secret),
            TraceParent = traceParent,
            TraceState = traceState,
        };
    }

    /// <summary>The trace context of the request; a new one where the request has none, so that every job can be found in the logs.</summary>
    private static (string TraceParent, string? TraceState) TraceOfRequest() =>
        Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } id } request
            ? (id, request.TraceStateString)
            : ($"00-{ActivityTraceId.CreateRandom()}-{ActivitySpanId.CreateRandom()}-00", null);

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {JobId} ({Kind}) in namespace {Namespace} accepted from {Subject}")]
    private partial void LogStarted(string jobId, string kind, string @namespace, string subject);
}
