using System.ComponentModel.DataAnnotations;

namespace Gateway.Jobs;

/// <summary>Section <c>Jobs</c> of the configuration. Durations are written as .NET writes them: <c>7.00:00:00</c> is seven days.</summary>
internal sealed class JobOptions
{
    public const string Section = "Jobs";

    /// <summary>Path of the database. Default: <c>/var/lib/gateway/jobs.db</c>, or in the user's state folder where that cannot be written.</summary>
    [StringLength(4096, MinimumLength = 1)]
    public string? Database { get; set; }

    /// <summary>Jobs that run at once; namespaces that have none running may go beyond, up to twice as many in all. Default 4, 1 to 64.</summary>
    [Range(1, 64)]
    public int MaxRunning { get; set; } = 4;

    /// <summary>Jobs that wait at once; more are answered 429, from namespaces with none waiting only beyond twice as many. Default 1000, 1 to 100,000.</summary>
    [Range(1, 100_000)]
    public int MaxQueued { get; set; } = 1000;

    /// <summary>Attempts before a failure that may pass is final. Default 5, 1 to 20. A restart of the gateway does not count as one.</summary>
    [Range(1, 20)]
    public int MaxAttempts { get; set; } = 5;

    /// <summary>How long a job waits for its first attempt before it fails. Default 24 hours, 1 minute to 30 days.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan QueueLimit { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How long one attempt may take before it is ended and tried again, within the job's own time. Default 30 minutes, 10 seconds to 1 day.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "1.00:00:00")]
    public TimeSpan AttemptLimit { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>How long an attempt may move no byte while it downloads or uploads; then it is tried again. Unpacking counts as moving. Default 10 minutes, 10 seconds to 1 day.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "1.00:00:00")]
    public TimeSpan IdleLimit { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a finished job is kept. Default 7 days, 1 minute to 365 days.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00")]
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Finished jobs kept at most; the oldest go first. Default 10,000, 1 to 1,000,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxFinished { get; set; } = 10_000;

    /// <summary>Event streams and waiting requests open at once; more are answered 429. Default 3000, 1 to 100,000.</summary>
    [Range(1, 100_000)]
    public int MaxWatchers { get; set; } = 3000;

    /// <summary>Those of one subject among them; more are answered 429. Default 2500, 1 to 100,000.</summary>
    [Range(1, 100_000)]
    public int MaxWatchersPerSubject { get; set; } = 2500;
}
