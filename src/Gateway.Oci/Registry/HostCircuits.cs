using Polly;
using Polly.CircuitBreaker;

namespace Gateway.Oci.Registry;

/// <summary>
/// One budget of failures a host, shared by all that this process asks of it: where half of its tries fail, the host is left alone for a while instead of
/// being asked by every job's own retries. After that one try is let through, which decides. A 429 is no such failure: it may be about one caller alone.
/// </summary>
internal sealed class HostCircuits(TimeProvider time)
{
    /// <summary>Tries within <see cref="Window"/> before a host is judged: a single job's retries alone do not get there.</summary>
    public const int LeastTries = 20;

    public static readonly TimeSpan Window = TimeSpan.FromSeconds(30);

    /// <summary>How long a host is left alone.</summary>
    public static readonly TimeSpan Break = TimeSpan.FromSeconds(15);

    /// <summary>How long to wait for the outcome of another's try, which decides.</summary>
    public static readonly TimeSpan ProbeWait = TimeSpan.FromSeconds(1);

    // Hosts come from strangers. The oldest goes, and begins anew when it is asked again.
    private const int MaxHosts = 1024;

    private readonly Lock gate = new();
    private readonly Dictionary<string, Circuit> circuits = new(StringComparer.OrdinalIgnoreCase);
    private readonly Queue<string> oldestFirst = new();

    /// <summary>Makes one try at the host; while the host is left alone, a fault at once that tells for how long.</summary>
    public async Task<T> RunAsync<T>(string host, Func<CancellationToken, Task<T>> attempt, CancellationToken cancel)
    {
        var circuit = Of(host);
        try
        {
            return await circuit.Tries.ExecuteAsync(async token => await attempt(token), cancel);
        }
        catch (BrokenCircuitException open)
        {
            var wait = circuit.State.CircuitState is CircuitState.HalfOpen ? ProbeWait : open.RetryAfter ?? Break;
            throw new RegistryFault(OciFault.RegistryUnavailable, $"{host} has failed too often lately and is left alone for a while", open)
            {
                Transient = true,
                NotAsked = true,
                RetryAfter = wait > TimeSpan.Zero ? wait : TimeSpan.Zero,
            };
        }
    }

    private Circuit Of(string host)
    {
        lock (gate)
        {
            if (circuits.TryGetValue(host, out var known))
            {
                return known;
            }

            if (circuits.Count >= MaxHosts)
            {
                circuits.Remove(oldestFirst.Dequeue());
            }

            oldestFirst.Enqueue(host);
            return circuits[host] = New();
        }
    }

    private Circuit New()
    {
        var state = new CircuitBreakerStateProvider();
        var tries = new ResiliencePipelineBuilder { TimeProvider = time }.AddCircuitBreaker(new CircuitBreakerStrategyOptions
        {
            FailureRatio = 0.5,
            MinimumThroughput = LeastTries,
            SamplingDuration = Window,
            BreakDuration = Break,
            ShouldHandle = args => ValueTask.FromResult(args.Outcome.Exception is RegistryFault { Transient: true, NotAsked: false, Elsewhere: false, Fault: not OciFault.RegistryRateLimited }),
            StateProvider = state,
        }).Build();
        return new Circuit(tries, state);
    }

    private sealed record Circuit(ResiliencePipeline Tries, CircuitBreakerStateProvider State);
}
