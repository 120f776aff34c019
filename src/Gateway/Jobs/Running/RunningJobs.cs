using System.Collections.Concurrent;

namespace Gateway.Jobs;

/// <summary>The jobs this process runs now.</summary>
internal sealed class RunningJobs
{
    private readonly ConcurrentDictionary<string, RunningJob> jobs = new(StringComparer.Ordinal);

    public void Add(RunningJob job) => jobs[job.Current.Id] = job;

    public void Remove(RunningJob job) => jobs.TryRemove(new(job.Current.Id, job));

    public void Cancel(string id)
    {
        if (jobs.TryGetValue(id, out var running))
        {
            running.Cancel();
        }
    }

    public void StopAll(StopReason reason)
    {
        foreach (var running in jobs.Values)
        {
            running.Stop(reason);
        }
    }
}
