namespace Gateway.Jobs;

/// <summary>Told of a job's end, right after it is stored. Who wants to hear registers one: jobs know none of them. It never fails.</summary>
internal delegate Task JobEnded(JobRecord ended);

internal static class JobListeners
{
    public static async Task TellAsync(this IEnumerable<JobEnded> listeners, JobRecord ended)
    {
        foreach (var listener in listeners)
        {
            await listener(ended);
        }
    }
}
