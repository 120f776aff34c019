using Gateway.Http;
using Microsoft.Extensions.Options;

namespace Gateway.Jobs;

/// <summary>
/// Tells watchers of changes. Only the newest state of a job is kept: who reads slowly misses steps in between, and costs no memory.
/// </summary>
internal sealed class JobHub(IOptions<JobOptions> options)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Topic> topics = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> watchersOf = new(StringComparer.Ordinal);
    private int watchers;

    /// <summary>How many watch now.</summary>
    public int Watchers => Volatile.Read(ref watchers);

    /// <summary>Begins to watch. Watch first and read the store then: so nothing falls in between.</summary>
    /// <param name="subject">Who watches: one caller may not take all the places.</param>
    public JobWatch Watch(string id, string subject)
    {
        lock (gate)
        {
            var own = watchersOf.GetValueOrDefault(subject);
            if (watchers >= options.Value.MaxWatchers || own >= options.Value.MaxWatchersPerSubject)
            {
                throw new ProblemException(ProblemKinds.TooManyRequests, "too many requests watch jobs") { RetryAfter = TimeSpan.FromSeconds(5) };
            }

            watchers++;
            watchersOf[subject] = own + 1;
            var topic = TopicOf(id);
            topic.Watchers++;
            return new JobWatch(this, id, subject, topic);
        }
    }

    /// <summary>Tells of a change. A state that is not newer than the last one told is dropped.</summary>
    public void Publish(JobRecord job)
    {
        lock (gate)
        {
            var topic = TopicOf(job.Id);
            if (topic.Newest is null || job.EventId > topic.Newest.EventId)
            {
                topic.Tell(job);
            }

            DropUnused(job.Id, topic);
        }
    }

    /// <summary>What is stored, or what the running attempt told since; where both are the same state, the object that all watchers share.</summary>
    public JobRecord Newest(JobRecord stored)
    {
        lock (gate)
        {
            return topics.TryGetValue(stored.Id, out var topic) && topic.Newest is { } told
                && (told.EventId > stored.EventId || (told.EventId == stored.EventId && told.CancelRequested == stored.CancelRequested)) ? told : stored;
        }
    }

    /// <summary>Takes back what an attempt told that ended without an end.</summary>
    public void Forget(JobRecord attempt)
    {
        lock (gate)
        {
            if (topics.TryGetValue(attempt.Id, out var topic) && topic.Newest is { State: JobState.Running } told && told.Epoch == attempt.Epoch)
            {
                topic.Newest = null;
                DropUnused(attempt.Id, topic);
            }
        }
    }

    internal void Leave(string id, string subject, Topic topic)
    {
        lock (gate)
        {
            watchers--;
            if (--watchersOf[subject] is 0)
            {
                watchersOf.Remove(subject);
            }

            topic.Watchers--;
            DropUnused(id, topic);
        }
    }

    private Topic TopicOf(string id)
    {
        if (!topics.TryGetValue(id, out var topic))
        {
            topics[id] = topic = new Topic();
        }

        return topic;
    }

    /// <summary>A topic is kept while somebody watches, or while its job runs: then it holds what the store does not.</summary>
    private void DropUnused(string id, Topic topic)
    {
        if (topic.Watchers == 0 && topic.Newest is not { State: JobState.Running })
        {
            topics.Remove(id);
        }
    }

    /// <summary>The newest state of one job, and the promise of a newer one.</summary>
    internal sealed class Topic
    {
        private volatile TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public JobRecord? Newest { get; set; }

        public int Watchers { get; set; }

        public Task Changed => changed.Task;

        public void Tell(JobRecord job)
        {
            Newest = job;
            Interlocked.Exchange(ref changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
        }
    }
}
