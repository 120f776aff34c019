using System.ComponentModel.DataAnnotations;

namespace Gateway.Jobs;

/// <summary>Section <c>Limits</c>, as far as it bounds jobs. 0 is no limit besides those of all jobs together.</summary>
internal sealed class JobLimitOptions
{
    public const string Section = "Limits";

    /// <summary>Jobs of one subject that wait at once; more are answered 429. Default 0; to 100,000.</summary>
    [Range(0, 100_000)]
    public int QueuedJobsPerSubject { get; init; }

    /// <summary>Jobs in one namespace that wait at once, whoever started them; more are answered 429. Default 0; to 100,000.</summary>
    [Range(0, 100_000)]
    public int QueuedJobsPerNamespace { get; init; }

    /// <summary>Jobs in one namespace that run at once; more wait. Default 0; to 64.</summary>
    [Range(0, 64)]
    public int RunningJobsPerNamespace { get; init; }

    /// <summary>Jobs of one subject that run at once, in whatever namespaces; more wait. Default 0; to 64.</summary>
    [Range(0, 64)]
    public int RunningJobsPerSubject { get; init; }

    /// <summary>What the runner goes by.</summary>
    public RunRoom RunRoom => new(RunningJobsPerNamespace is 0 ? int.MaxValue : RunningJobsPerNamespace, RunningJobsPerSubject is 0 ? int.MaxValue : RunningJobsPerSubject);
}
