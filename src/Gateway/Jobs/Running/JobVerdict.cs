using Gateway.Http;

namespace Gateway.Jobs;

/// <summary>What becomes of an attempt that did not succeed.</summary>
internal enum Verdict
{
    /// <summary>Again later.</summary>
    Retry,

    /// <summary>Back into the queue as if it had not been claimed.</summary>
    PutBack,
    Fail,
    Cancel,

    /// <summary>Nothing: it is another owner's.</summary>
    Leave,
}

/// <summary>
/// The decision, without any effect. Backoff is exponential with full jitter: all jobs that a dead containerd failed do not come back at once.
/// </summary>
internal sealed record JobVerdict(Verdict Verdict, Problem? Problem = null, DateTimeOffset? RetryAt = null)
{
    private static readonly TimeSpan BackoffStart = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BackoffEnd = TimeSpan.FromSeconds(60);

    /// <summary>A registry may ask for a day; a job does not wait that long.</summary>
    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromMinutes(15);

    /// <param name="jitter">Random, 0 to 1.</param>
    public static JobVerdict On(JobRecord job, StopReason reason, Exception failure, int maxAttempts, DateTimeOffset now, double jitter) =>
        reason switch
        {
            StopReason.Lost => new(Verdict.Leave),
            StopReason.Shutdown => new(Verdict.PutBack),
            StopReason.Cancel => new(Verdict.Cancel),
            StopReason.Stalled => On(job, new Problem(ProblemKinds.ContainerdTimeout, "no byte was moved for too long"), maxAttempts, now, jitter),
            StopReason.Overran => On(job, new Problem(ProblemKinds.AttemptTimeout, "the attempt took longer than one may"), maxAttempts, now, jitter),
            StopReason.Deadline => Fail(new Problem(ProblemKinds.DeadlineExceeded, $"the job ran longer than {job.Timeout:c}")),
            _ => On(job, ProblemTable.From(failure), maxAttempts, now, jitter),
        };

    public static JobVerdict Fail(Problem problem) => new(Verdict.Fail, problem);

    /// <summary>How long to wait after the given number of failures, 1 or more.</summary>
    public static TimeSpan Backoff(int failures, TimeSpan? retryAfter, double jitter)
    {
        var ceiling = Math.Min(BackoffEnd.TotalSeconds, BackoffStart.TotalSeconds * Math.Pow(2, failures - 1));
        var least = retryAfter is { } asked ? Math.Min(asked.TotalSeconds, MaxRetryAfter.TotalSeconds) : 0;

        // Jitter stands on top of what was asked for: nobody comes back too early, nor all together.
        return TimeSpan.FromSeconds(Math.Max(0, least) + (ceiling * jitter));
    }

    /// <summary>A wait that would end after the deadline is not begun: the failure that is known tells more than "out of time".</summary>
    private static JobVerdict On(JobRecord job, Problem problem, int maxAttempts, DateTimeOffset now, double jitter)
    {
        var failures = job.Failures + 1;
        var retryAt = now + Backoff(failures, problem.RetryAfter, jitter);
        return problem.Kind.Retryable && !problem.IsFinal && failures < maxAttempts && retryAt < job.Deadline
            ? new JobVerdict(Verdict.Retry, problem, retryAt)
            : Fail(problem);
    }
}
