using Gateway.Http;
using Gateway.Jobs;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Jobs.Watching;

public sealed class JobHubTests
{
    private static readonly TimeSpan Long = TimeSpan.FromDays(1);

    private readonly FakeTimeProvider time = new();
    private readonly JobHub hub = new(Options.Create(new JobOptions { MaxWatchers = 3 }));
    private readonly JobRecord job = SampleJob.New() with { State = JobState.Running, Sequence = 10, Epoch = 1 };

    [Fact]
    public async Task A_watcher_hears_of_what_is_newer_than_what_it_has_seen()
    {
        using var watch = hub.Watch(job.Id, "key:alice");
        hub.Publish(job);
        Assert.Equal(10, (await NextAsync(watch, 9))!.Sequence);
        var next = NextAsync(watch, 10);
        Assert.False(next.IsCompleted);
        hub.Publish(job with { Sequence = 11 });
        Assert.Equal(11, (await next)!.Sequence);
    }

    [Fact]
    public async Task A_slow_watcher_gets_the_newest_state_only()
    {
        using var watch = hub.Watch(job.Id, "key:alice");
        for (var sequence = 11; sequence <= 500; sequence++)
        {
            hub.Publish(job with { Sequence = sequence });
        }

        Assert.Equal(500, (await NextAsync(watch, 10))!.Sequence);
    }

    [Fact]
    public async Task A_state_that_comes_late_is_dropped()
    {
        using var watch = hub.Watch(job.Id, "key:alice");
        hub.Publish(job with { Sequence = 20, State = JobState.Succeeded });
        hub.Publish(job with { Sequence = 19 });
        Assert.Equal(JobState.Succeeded, (await NextAsync(watch, 0))!.State);
    }

    [Fact]
    public async Task A_later_owners_state_is_newer_whatever_its_sequence()
    {
        using var watch = hub.Watch(job.Id, "key:alice");
        hub.Publish(job with { Sequence = 500 });
        hub.Publish(job with { Epoch = 3, Sequence = 4 });
        Assert.Equal(new JobEventId(3, 4), (await NextAsync(watch, 500))!.EventId);
        hub.Publish(job with { Sequence = 501 });
        Assert.Equal(new JobEventId(3, 4), hub.Newest(job with { Sequence = 502 }).EventId);
        Assert.Equal(new JobEventId(4, 1), hub.Newest(job with { Epoch = 4, Sequence = 1 }).EventId);
    }

    [Fact]
    public async Task Patience_ends()
    {
        using var watch = hub.Watch(job.Id, "key:alice");
        var next = watch.NextAsync(default, TimeSpan.FromSeconds(15), time, TestClock.Limit());
        time.Advance(TimeSpan.FromSeconds(15));
        Assert.Null(await next);
    }

    [Fact]
    public async Task Watchers_of_other_jobs_are_left_alone()
    {
        using var watch = hub.Watch(SampleJob.New().Id, "key:alice");
        var next = watch.NextAsync(default, TimeSpan.FromSeconds(1), time, TestClock.Limit());
        hub.Publish(job);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(await next);
    }

    [Fact]
    public void What_a_running_attempt_told_is_newer_than_the_store_until_it_ends()
    {
        hub.Publish(job with { Sequence = 15 });
        Assert.Equal(15, hub.Newest(job).Sequence);
        Assert.Equal(16, hub.Newest(job with { Sequence = 16 }).Sequence);
        hub.Publish(job with { Sequence = 17, State = JobState.Succeeded });
        Assert.Equal(10, hub.Newest(job).Sequence);
    }

    [Fact]
    public void What_an_attempt_told_that_ended_without_an_end_is_taken_back_and_a_later_attempts_is_not()
    {
        hub.Publish(job with { Sequence = 15 });
        hub.Forget(job);
        Assert.Equal(10, hub.Newest(job).Sequence);
        hub.Publish(job with { Sequence = 1015, Epoch = 3 });
        hub.Forget(job);
        Assert.Equal(1015, hub.Newest(job).Sequence);
    }

    [Fact]
    public void Too_many_watchers_are_refused_and_those_who_leave_make_room()
    {
        var watches = Enumerable.Range(0, 3).Select(_ => hub.Watch(job.Id, "key:alice")).ToList();
        Assert.Equal("too_many_requests", Assert.Throws<ProblemException>(() => hub.Watch(job.Id, "key:alice")).Kind.Code);
        watches[0].Dispose();
        watches[0].Dispose();
        hub.Watch(job.Id, "key:alice").Dispose();
        Assert.Equal(2, hub.Watchers);
    }

    [Fact]
    public void One_caller_has_so_many_places_of_all()
    {
        var shared = new JobHub(Options.Create(new JobOptions { MaxWatchers = 3, MaxWatchersPerSubject = 2 }));
        var watches = Enumerable.Range(0, 2).Select(_ => shared.Watch(job.Id, "key:alice")).ToList();
        Assert.Equal("too_many_requests", Assert.Throws<ProblemException>(() => shared.Watch(job.Id, "key:alice")).Kind.Code);
        using var bobs = shared.Watch(job.Id, "key:bob");
        watches[0].Dispose();
        watches[0].Dispose();
        shared.Watch(job.Id, "key:alice").Dispose();
        Assert.Equal(2, shared.Watchers);
    }

    [Fact]
    public async Task Publishing_and_watching_in_parallel_loses_no_end()
    {
        for (var round = 0; round < 200; round++)
        {
            var other = SampleJob.New() with { State = JobState.Running, Epoch = 1 };
            using var watch = hub.Watch(other.Id, "key:alice");
            var publishing = Task.Factory.StartNew(
                () =>
                {
                    for (var sequence = 1; sequence <= 50; sequence++)
                    {
                        hub.Publish(other with { Sequence = sequence, State = sequence == 50 ? JobState.Succeeded : JobState.Running });
                    }
                },
                TestClock.Limit(), TaskCreationOptions.LongRunning, TaskScheduler.Default);
            var seen = 0L;
            while (seen < 50)
            {
                var next = (await NextAsync(watch, seen))!;
                Assert.True(next.Sequence > seen);
                seen = next.Sequence;
            }

            await publishing;
        }
    }

    private static Task<JobRecord?> NextAsync(JobWatch watch, long after) => watch.NextAsync(new JobEventId(1, after), Long, TimeProvider.System, TestClock.Limit());
}
