using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Gateway.Jobs;

/// <summary>Spans and metrics of jobs, source and meter <c>Gateway.Jobs</c>.</summary>
internal sealed class JobTelemetry
{
    public const string Name = "Gateway.Jobs";

    private static readonly ActivitySource Spans = new(Name);

    private readonly Counter<long> started;
    private readonly Counter<long> ended;
    private readonly Counter<long> retried;
    private readonly Counter<long> cutOff;
    private readonly UpDownCounter<long> running;
    private readonly Histogram<double> duration;

    public JobTelemetry(IMeterFactory meters, JobQueries jobs)
    {
        var meter = meters.Create(Name);
        started = meter.CreateCounter<long>("gateway.jobs.started", "{job}", "Jobs accepted.");
        ended = meter.CreateCounter<long>("gateway.jobs.ended", "{job}", "Jobs that came to their end, by state.");
        retried = meter.CreateCounter<long>("gateway.jobs.retried", "{attempt}", "Attempts that failed in a way that may pass.");
        cutOff = meter.CreateCounter<long>("gateway.jobs.readers_cut_off", "{reader}", "Readers of events that took nothing for too long.");
        running = meter.CreateUpDownCounter<long>("gateway.jobs.running", "{job}", "Jobs that run now.");
        duration = meter.CreateHistogram("gateway.jobs.duration", "s", "From a job's acceptance to its end.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600] });
        meter.CreateObservableGauge("gateway.jobs.queued", () => (long)jobs.CountQueued(), "{job}", "Jobs that wait now.");
    }

    /// <summary>
    /// The span of an attempt: in the trace of the request that started the job, so that one trace leads from the client to containerd, and linked to
    /// it too, for readers that follow links. Where nothing listens it is made all the same: logs and outgoing calls carry the trace id.
    /// </summary>
    public static Activity Span(JobRecord job)
    {
        var request = ActivityContext.TryParse(job.TraceParent, job.TraceState, isRemote: true, out var context) ? context : default;
        var name = $"job {job.Kind}";
        var span = Spans.StartActivity(name, ActivityKind.Consumer, request, links: [new ActivityLink(request)])
            ?? new Activity(name).SetParentId(request.TraceId, request.SpanId, request.TraceFlags).Start();
        span.SetTag("gateway.job.id", job.Id);
        span.SetTag("gateway.job.kind", job.Kind);
        span.SetTag("gateway.job.attempt", job.Attempt);
        span.SetTag("gateway.namespace", job.Namespace);
        return span;
    }

    public void Started(string kind) => started.Add(1, Kind(kind));

    public void Running(string kind, int change) => running.Add(change, Kind(kind));

    public void Retried(string kind) => retried.Add(1, Kind(kind));

    public void CutOff(string kind) => cutOff.Add(1, Kind(kind));

    public void Ended(JobRecord job)
    {
        var state = new KeyValuePair<string, object?>("gateway.job.state", job.State.Spell());
        ended.Add(1, Kind(job.Kind), state);
        duration.Record(Math.Max(0, (job.FinishedAt!.Value - job.CreatedAt).TotalSeconds), Kind(job.Kind), state);
    }

    private static KeyValuePair<string, object?> Kind(string kind) => new("gateway.job.kind", kind);
}
