using System.Text.Json;

namespace Gateway.Jobs;

/// <summary>A row of the table <c>jobs</c> as Dapper reads and writes it.</summary>
internal sealed class JobRow
{
    /// <summary>What every query reads, each column under its property's name.</summary>
    public const string Columns =
        """
        id AS Id, kind AS Kind, namespace AS Namespace, subject AS Subject, request AS Request, work_key AS WorkKey, state AS State,
        cancel_requested AS CancelRequested, attempt AS Attempt, failures AS Failures, epoch AS Epoch, sequence AS Sequence,
        next_attempt_at AS NextAttemptAt, waits_since AS WaitsSince, created_at AS CreatedAt, started_at AS StartedAt, finished_at AS FinishedAt, timeout AS Timeout,
        result AS Result, error AS Error, progress AS Progress, secret AS Secret, trace_parent AS TraceParent, trace_state AS TraceState,
        cleanup_pending AS CleanUpPending
        """;

    private static readonly JsonSerializerOptions Json = JsonSerializerOptions.Web;

    public string Id { get; init; } = "";

    public string Kind { get; init; } = "";

    public string Namespace { get; init; } = "";

    public string Subject { get; init; } = "";

    public string Request { get; init; } = "";

    public string? WorkKey { get; init; }

    public string State { get; init; } = "";

    public bool CancelRequested { get; init; }

    public int Attempt { get; init; }

    public int Failures { get; init; }

    public long Epoch { get; init; }

    public long Sequence { get; init; }

    public long? NextAttemptAt { get; init; }

    public long? WaitsSince { get; init; }

    public long CreatedAt { get; init; }

    public long? StartedAt { get; init; }

    public long? FinishedAt { get; init; }

    public long Timeout { get; init; }

    public string? Result { get; init; }

    public string? Error { get; init; }

    public string? Progress { get; init; }

    public byte[]? Secret { get; init; }

    public string TraceParent { get; init; } = "";

    public string? TraceState { get; init; }

    public bool CleanUpPending { get; init; }

    public static JobRow From(JobRecord job) => new()
    {
        Id = job.Id,
        Kind = job.Kind,
        Namespace = job.Namespace,
        Subject = job.Subject,
        Request = job.Request,
        WorkKey = job.WorkKey,
        State = job.State.Spell(),
        CancelRequested = job.CancelRequested,
        Attempt = job.Attempt,
        Failures = job.Failures,
        Epoch = job.Epoch,
        Sequence = job.Sequence,
        NextAttemptAt = job.NextAttemptAt?.ToUnixTimeMilliseconds(),
        WaitsSince = job.WaitsSince?.ToUnixTimeMilliseconds(),
        CreatedAt = job.CreatedAt.ToUnixTimeMilliseconds(),
        StartedAt = job.StartedAt?.ToUnixTimeMilliseconds(),
        FinishedAt = job.FinishedAt?.ToUnixTimeMilliseconds(),
        Timeout = (long)job.Timeout.TotalMilliseconds,
        Result = job.Result,
        Error = job.Error is null ? null : JsonSerializer.Serialize(job.Error, Json),
        Progress = job.Progress is null ? null : JsonSerializer.Serialize(job.Progress, Json),
        Secret = job.Secret,
        TraceParent = job.TraceParent,
        TraceState = job.TraceState,
        CleanUpPending = job.CleanUpPending,
    };

    public JobRecord ToRecord() => new()
    {
        Id = Id,
        Kind = Kind,
        Namespace = Namespace,
        Subject = Subject,
        Request = Request,
        WorkKey = WorkKey,
        State = JobStates.Parse(State) ?? throw new InvalidDataException("a job's state is unknown"),
        CancelRequested = CancelRequested,
        Attempt = Attempt,
        Failures = Failures,
        Epoch = Epoch,
        Sequence = Sequence,
        NextAttemptAt = Time(NextAttemptAt),
        WaitsSince = Time(WaitsSince),
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(CreatedAt),
        StartedAt = Time(StartedAt),
        FinishedAt = Time(FinishedAt),
        Timeout = TimeSpan.FromMilliseconds(Timeout),
        Result = Result,
        Error = Error is null ? null : JsonSerializer.Deserialize<JobError>(Error, Json),
        Progress = Progress is null ? null : JsonSerializer.Deserialize<ProgressView>(Progress, Json),
        Secret = Secret,
        TraceParent = TraceParent,
        TraceState = TraceState,
        CleanUpPending = CleanUpPending,
    };

    public static DateTimeOffset? Time(long? milliseconds) => milliseconds is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : null;
}
