namespace Gateway.Jobs;

/// <summary>Which jobs may be claimed besides those that are to be canceled.</summary>
internal enum ClaimScope
{
    Any,

    /// <summary>Those of namespaces that have none running.</summary>
    Newcomers,

    None,
}

/// <summary>What one caller has waiting in one namespace.</summary>
internal sealed record WaitingFlow
{
    public required string Namespace { get; init; }

    public required string Subject { get; init; }

    /// <summary>Id of the oldest job that is due; of those that are due again, only the one that was first is looked at.</summary>
    public required string Oldest { get; init; }

    /// <summary>Jobs of the namespace that run, whoever started them.</summary>
    public required int RunningInNamespace { get; init; }

    /// <summary>Those of the caller among them.</summary>
    public required int Running { get; init; }

    /// <summary>Jobs of the caller that run, in whatever namespace.</summary>
    public required int RunningOfSubject { get; init; }
}

/// <summary>
/// Whose turn it is. The namespace with the fewest running jobs comes first, of equals the one that has waited longest for a turn; inside of it the
/// callers take turns by the same rule. So the length of one queue does not delay what stands in another.
/// </summary>
internal sealed class JobTurns
{
    private Dictionary<string, long> turns = new(StringComparer.Ordinal);
    private long turn;

    /// <summary>Id of the next job; null where none may go.</summary>
    public string? Next(IReadOnlyList<WaitingFlow> waiting, ClaimScope scope, RunRoom room)
    {
        // Turns of those who wait no more are forgotten: nothing grows.
        turns = waiting.SelectMany(Keys).Distinct(StringComparer.Ordinal).Where(turns.ContainsKey).ToDictionary(key => key, key => turns[key], StringComparer.Ordinal);
        var next = waiting
            .Where(flow => flow.RunningInNamespace < room.InNamespace && flow.RunningOfSubject < room.OfSubject && (scope is ClaimScope.Any || flow.RunningInNamespace is 0))
            .OrderBy(flow => flow.RunningInNamespace)
            .ThenBy(flow => LastTurn(flow.Namespace))
            .ThenBy(flow => flow.Running)
            .ThenBy(flow => LastTurn(CallerKey(flow)))
            .ThenBy(flow => flow.Oldest, StringComparer.Ordinal)
            .FirstOrDefault();
        if (next is null)
        {
            return null;
        }

        turn++;
        foreach (var key in Keys(next))
        {
            turns[key] = turn;
        }

        return next.Oldest;
    }

    private long LastTurn(string key) => turns.GetValueOrDefault(key);

    private static string[] Keys(WaitingFlow flow) => [flow.Namespace, CallerKey(flow)];

    // No namespace has a blank in its name.
    private static string CallerKey(WaitingFlow flow) => $"{flow.Namespace} {flow.Subject}";
}
