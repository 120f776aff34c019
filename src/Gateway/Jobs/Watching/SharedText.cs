using System.Runtime.CompilerServices;

namespace Gateway.Jobs;

/// <summary>The text of states in one format: made once for all who read it, and kept as long as the state itself is.</summary>
internal sealed class SharedText(Func<JobRecord, byte[]> make)
{
    private readonly ConditionalWeakTable<JobRecord, Lazy<byte[]>> kept = [];

    public ReadOnlyMemory<byte> Of(JobRecord job) => kept.GetOrAdd(job, static (state, make) => new Lazy<byte[]>(() => make(state)), make).Value;
}
