using CsCheck;
using Gateway.Jobs;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Jobs.Store;

/// <summary>Random histories of the store, with owners of the past among the writers. What must hold after each step is checked on every job.</summary>
public sealed class JobStoreModelTests
{
    private static readonly JobState[] Ends = [JobState.Succeeded, JobState.Failed, JobState.Canceled];

    [Fact]
    public Task Every_history_keeps_the_rules() => Gen.Select(Gen.Int[0, 8], Gen.Int[0, 7]).List[1, 40].SampleAsync(async steps =>
    {
        using var folder = new TempFolder();
        using var database = JobDatabase.Open(folder.Database);
        var history = new History(database);
        foreach (var (what, which) in steps)
        {
            await history.StepAsync(what, which);
            history.Check();
        }
    }, iter: 60);

    private sealed class History(JobDatabase database)
    {
        private readonly FakeTimeProvider time = new(new DateTimeOffset(2025, 6, 1, 0, 0, 0, TimeSpan.Zero));
        private readonly JobQueries queries = new(database);
        private readonly List<JobRecord> owned = [];
        private Dictionary<string, JobRecord> before = [];

        private JobStore Store => new(database, time);

        public async Task StepAsync(int what, int which)
        {
            var owner = owned.Count > 0 ? owned[which % owned.Count] : SampleJob.New();
            var wasOwner = queries.Find(owner.Id) is { State: JobState.Running } now && now.Epoch == owner.Epoch;
            switch (what)
            {
                case 0 or 1:
                    await Store.EnqueueAsync(SampleJob.New(workKey: which < 4 ? $"work-{which}" : null, secret: [1]), new QueueRoom(1000), key: null, TestClock.Limit());
                    break;
                case 2 or 3:
                    if (await Store.ClaimAsync((ClaimScope)(which % 3), TimeSpan.FromDays(1), new RunRoom(), TestClock.Limit()) is { } claimed)
                    {
                        Assert.True(claimed.Attempt > 0 && claimed.Epoch > before[claimed.Id].Epoch && claimed.Sequence > before[claimed.Id].Sequence);
                        owned.Add(claimed);
                    }

                    break;
                case 4:
                    Assert.Equal(wasOwner, await Store.FinishAsync(Next(owner) with { State = Ends[which % 3] }, TestClock.Limit()) is not null);
                    break;
                case 5:
                    Assert.Equal(wasOwner, await Store.RequeueAsync(
                        Next(owner) with { NextAttemptAt = time.GetUtcNow().AddSeconds(which) }, countAttempt: which % 2 == 0, TestClock.Limit()) is not null);
                    break;
                case 6:
                    Assert.Equal(wasOwner, await Store.SaveProgressAsync(owner, TestClock.Limit()));
                    break;
                case 7:
                    await Store.RequestCancelAsync(owner.Id, TestClock.Limit());
                    break;
                default:
                    await Store.RequeueAbandonedAsync(TestClock.Limit());
                    break;
            }

            time.Advance(TimeSpan.FromSeconds(1));
        }

        public void Check()
        {
            var jobs = queries.List(new JobFilter("key:alice", []), 1000);
            foreach (var job in jobs)
            {
                Assert.Equal(job.State.IsFinal(), job.FinishedAt is not null);
                Assert.Equal(job.State.IsFinal(), job.Secret is null);
                Assert.True(job.State != JobState.Running || job.StartedAt is not null);
                if (before.TryGetValue(job.Id, out var was))
                {
                    Assert.True(job.Epoch >= was.Epoch && (job.Sequence >= was.Sequence) && (job.CancelRequested || !was.CancelRequested));
                    Assert.True(!was.State.IsFinal() || (job.State == was.State && job.FinishedAt == was.FinishedAt && job.Sequence == was.Sequence));
                    Assert.True(job.State == was.State || job.Sequence > was.Sequence);
                }
            }

            Assert.True(before.Keys.All(jobs.Select(job => job.Id).Contains));
            var working = jobs.Where(job => job is { WorkKey: not null, CancelRequested: false } && !job.State.IsFinal());
            Assert.All(working.GroupBy(job => job.WorkKey), same => Assert.Single(same));
            Assert.Equal(jobs.Count(job => job.State is JobState.Queued), queries.CountQueued());
            before = jobs.ToDictionary(job => job.Id);
        }

        /// <summary>An owner gives the sequence after the newest it knows.</summary>
        private static JobRecord Next(JobRecord job) => job with { Sequence = job.Sequence + 1 };
    }
}
