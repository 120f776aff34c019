using Polly;
using Polly.Retry;

namespace Gateway.Oci.Registry;

/// <summary>When a request is tried again, and after how long: full jitter, or what <c>Retry-After</c> says.</summary>
internal sealed class RetryRule
{
    /// <summary>A mirror that stumbles gets one more try, then the next host is asked.</summary>
    private const int MirrorAttempts = 2;

    private readonly RegistryOptions options;
    private readonly HostCircuits circuits;
    private readonly ResiliencePipeline atRegistry;
    private readonly ResiliencePipeline atMirror;

    public RetryRule(RegistryOptions options, TimeProvider time)
    {
        this.options = options;
        circuits = new HostCircuits(time);
        atRegistry = Build(options.MaxAttempts, time);
        atMirror = Build(Math.Min(MirrorAttempts, options.MaxAttempts), time);
    }

    /// <summary>Runs until it succeeds, fails for good, or the tries are used up; the last fault passes through.</summary>
    public ValueTask<T> RunAsync<T>(string host, bool lastHost, Func<CancellationToken, Task<T>> attempt, CancellationToken cancel) =>
        (lastHost ? atRegistry : atMirror).ExecuteAsync(async token => await circuits.RunAsync(host, attempt, token), cancel);

    /// <summary>The wait after a failed try; the first failure is number 0.</summary>
    public TimeSpan WaitAfter(RegistryFault fault, int failures) => fault.RetryAfter ?? Jitter(failures);

    // Full jitter (AWS architecture blog, "Exponential Backoff And Jitter"): clients that failed together do not come back together.
    private TimeSpan Jitter(int failures)
    {
        var bound = options.BackoffBase * Math.Pow(2, Math.Min(failures, 30));
        return (bound < options.BackoffCap ? bound : options.BackoffCap) * Random.Shared.NextDouble();
    }

    // A host that is left alone is waited for by the job, in the queue, where it takes no place.
    private TimeSpan PatienceWith(RegistryFault fault) => fault.NotAsked ? HostCircuits.ProbeWait : options.RetryAfterCap;

    private ResiliencePipeline Build(int attempts, TimeProvider time) => attempts <= 1
        ? ResiliencePipeline.Empty
        : new ResiliencePipelineBuilder { TimeProvider = time }.AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = attempts - 1,
            ShouldHandle = args => ValueTask.FromResult(args.Outcome.Exception is RegistryFault { Transient: true, Spent: false } fault && !(fault.RetryAfter > PatienceWith(fault))),
            DelayGenerator = args => ValueTask.FromResult<TimeSpan?>(WaitAfter((RegistryFault)args.Outcome.Exception!, args.AttemptNumber)),
        }).Build();
}
