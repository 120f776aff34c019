namespace Gateway.TestKit;

/// <summary>What is looked at besides a namespace, where nothing else works on a node.</summary>
/// <param name="JobDatabase">The gateway's job store.</param>
/// <param name="Canaries">Secrets that callers gave: they may be found nowhere.</param>
/// <param name="Log">The gateway's.</param>
/// <param name="MaxAttempts">The gateway's <c>Jobs:MaxAttempts</c>.</param>
/// <param name="Footprints">Of processes that run on, what each had at an earlier time.</param>
public sealed record NodeTraces(
    string JobDatabase, IReadOnlyList<string> Canaries, string Log, int MaxAttempts = 5, IReadOnlyDictionary<int, Footprint>? Footprints = null);
