using System.Text.Json.Serialization;

namespace Gateway.Jobs;

/// <summary>Where a job stands. The last three are final: nothing leads out of them.</summary>
[JsonConverter(typeof(WireEnum<JobState>))]
internal enum JobState
{
    Queued,
    Running,
    Succeeded,
    Failed,
    Canceled,
}

internal static class JobStates
{
    public static bool IsFinal(this JobState state) => state >= JobState.Succeeded;

    /// <summary>Reads the contract's spelling, and nothing else: no numbers, no other case.</summary>
    public static JobState? Parse(string text) => Enum.GetValues<JobState>().Cast<JobState?>()
        .FirstOrDefault(state => string.Equals(state!.Value.Spell(), text, StringComparison.Ordinal));
}
