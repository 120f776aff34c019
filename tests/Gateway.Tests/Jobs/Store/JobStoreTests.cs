using Dapper;
using Gateway.Http;
using Gateway.Jobs;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Jobs.Store;

public sealed class JobStoreTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2025, 6, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly JobDatabase database;
    private readonly JobStore store;
    private readonly JobQueries queries;

    public JobStoreTests()
    {
        database = JobDatabase.Open(folder.Database);
        store = new JobStore(database, time);
        queries = new JobQueries(database);
    }

    public void Dispose()
    {
        database.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task A_stored_job_is_read_back_as_it_was()
    {
        var job = SampleJob.New(workKey: "w", secret: [1, 2, 3]) with { TraceState = "a=b" };
        await EnqueueAsync(job);
        Assert.Equivalent(job, queries.Find(job.Id), strict: true);
    }

    [Fact]
    public async Task Counts_of_the_queue_are_made_anew_at_each_start()
    {
        await EnqueueAsync(SampleJob.New());
        await database.WriteAsync(connection => connection.Execute("UPDATE flows SET queued = 7; INSERT INTO flows VALUES ('nowhere', 'key:nobody', 3)"), TestClock.Limit());
        Assert.Equal(10, queries.CountQueued());
        database.Dispose();
        using var next = JobDatabase.Open(folder.Database);
        Assert.Equal(1, new JobQueries(next).CountQueued());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Store_of_an_older_schema_is_upgraded_unless_it_is_damaged(bool damaged)
    {
        var job = await EnqueueAsync(SampleJob.New());
        await database.WriteAsync(connection =>
        {
            connection.Execute("DROP TRIGGER flows_grow; DROP TRIGGER flows_grow_again; DROP TRIGGER flows_shrink; DROP TRIGGER flows_forget; DROP TABLE flows; DROP INDEX jobs_set_back; PRAGMA user_version = 7");
            JobRowChecks.Install(connection);
            var trigger = connection.ExecuteScalar<string>("SELECT sql FROM sqlite_schema WHERE name = 'jobs_updated'");
            return connection.Execute($"DROP TRIGGER jobs_updated; UPDATE jobs SET subject = @Subject; {trigger}", new { Subject = damaged ? "key:mallory" : job.Subject });
        }, TestClock.Limit());
        database.Dispose();

        if (damaged)
        {
            Assert.Equal(JobStoreFault.Damaged, Assert.Throws<JobStoreException>(() => JobDatabase.Open(folder.Database)).Fault);
            return;
        }

        using var next = JobDatabase.Open(folder.Database);
        Assert.Equal(1, new JobQueries(next).CountQueued());
    }

    [Fact]
    public async Task Job_that_is_deleted_by_hand_waits_no_more()
    {
        await EnqueueAsync(SampleJob.New());
        await database.WriteAsync(connection => connection.Execute("DELETE FROM jobs"), TestClock.Limit());
        Assert.Equal(0, queries.CountQueued());
    }

    [Fact]
    public async Task Jobs_are_claimed_in_the_order_they_came()
    {
        var jobs = Enumerable.Range(0, 20).Select(_ => SampleJob.New()).ToList();
        foreach (var job in jobs)
        {
            await EnqueueAsync(job);
        }

        foreach (var job in jobs)
        {
            Assert.Equal(job.Id, (await ClaimAsync())!.Id);
        }

        Assert.Null(await ClaimAsync());
    }

    [Fact]
    public async Task Submission_and_turn_are_as_much_work_however_many_wait()
    {
        await EnqueueAsync(SampleJob.New());
        var few = await StepsAsync();
        await EnqueueTenThousandAsync();
        Assert.InRange(await StepsAsync(), few / 2, few * 2);
    }

    // What SQLite's machine does for a submission, and for a claim that takes it; the queue is as long after it as before.
    private async Task<int> StepsAsync()
    {
        var steps = 0;
        var writer = await database.WriteAsync(connection => connection.Handle!, TestClock.Limit());
        SQLitePCL.raw.sqlite3_progress_handler(writer, 1, _ => ++steps * 0, null); // 0: go on
        await EnqueueAsync(SampleJob.New(), maxQueued: 100_000);
        Assert.NotNull(await ClaimAsync());
        SQLitePCL.raw.sqlite3_progress_handler(writer, 0, null, null);
        return steps;
    }

    private Task<int> EnqueueTenThousandAsync() => database.WriteAsync(connection => connection.Execute(
        """
        WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 10000)
        INSERT INTO jobs (id, kind, namespace, subject, request, state, created_at, timeout, trace_parent)
        SELECT printf('0%05d', n), 'test.work', 'team-a', 'key:alice', '{}', 'queued', @Now, 1000, '' FROM numbers
        """, new { Now = time.GetUtcNow().ToUnixTimeMilliseconds() }), TestClock.Limit());

    [Fact]
    public async Task Ten_thousand_jobs_of_one_caller_do_not_delay_the_first_of_another()
    {
        await EnqueueTenThousandAsync();
        Assert.Equal("000001", (await ClaimAsync())!.Id);
        var job = await EnqueueAsync(SampleJob.New(subject: "key:bob") with { Namespace = "team-b" }, maxQueued: 9000);
        Assert.Equal(job.Id, (await ClaimAsync())!.Id);
        Assert.Equal("000002", (await ClaimAsync())!.Id);
    }

    [Fact]
    public async Task A_full_queue_takes_those_who_have_nothing_in_it_up_to_twice_its_length()
    {
        Task<JobRecord> Enqueue(string containerdNamespace) => EnqueueAsync(SampleJob.New() with { Namespace = containerdNamespace }, maxQueued: 2);
        await Enqueue("team-a");
        await Enqueue("team-a");
        await AssertFullAsync("team-a");
        await Enqueue("team-b");
        await AssertFullAsync("team-b");
        await Enqueue("team-c");
        await AssertFullAsync("team-d");

        async Task AssertFullAsync(string containerdNamespace)
        {
            var refused = await Assert.ThrowsAsync<ProblemException>(() => Enqueue(containerdNamespace));
            Assert.Equal((ProblemKinds.TooManyRequests, true), (refused.Kind, refused.RetryAfter > TimeSpan.Zero));
        }
    }

    [Fact]
    public async Task One_caller_and_one_namespace_have_room_for_so_many_jobs_that_wait()
    {
        var room = new QueueRoom(1000, PerSubject: 2, PerNamespace: 3);
        await Enqueue("key:alice", "team-a");
        await Enqueue("key:alice", "team-b");
        await AssertFullAsync("key:alice", "team-c");
        await Enqueue("key:bob", "team-a");
        await Enqueue("key:carol", "team-a");
        await AssertFullAsync("key:dave", "team-a");
        await Enqueue("key:dave", "team-b");

        // What runs does not wait.
        await ClaimAsync();
        await ClaimAsync();
        await Enqueue("key:alice", "team-c");

        Task Enqueue(string subject, string containerdNamespace) =>
            store.EnqueueAsync(SampleJob.New(subject: subject) with { Namespace = containerdNamespace }, room, key: null, TestClock.Limit());

        async Task AssertFullAsync(string subject, string containerdNamespace)
        {
            var refused = await Assert.ThrowsAsync<ProblemException>(() => Enqueue(subject, containerdNamespace));
            Assert.Equal((ProblemKinds.TooManyRequests, true), (refused.Kind, refused.RetryAfter > TimeSpan.Zero));
        }
    }

    [Fact]
    public async Task Job_of_a_namespace_that_has_enough_running_waits_for_them_and_not_for_a_time()
    {
        await EnqueueAsync(SampleJob.New());
        var second = await EnqueueAsync(SampleJob.New());
        var running = (await ClaimAsync())!;
        Assert.Null(await store.ClaimAsync(ClaimScope.Any, TimeSpan.FromDays(1), new RunRoom(1), TestClock.Limit()));
        Assert.Null(queries.NextDue(new RunRoom(1)));
        Assert.NotNull(queries.NextDue(new RunRoom(2)));
        var other = await EnqueueAsync(SampleJob.New() with { Namespace = "team-b" });
        Assert.NotNull(queries.NextDue(new RunRoom(1)));
        Assert.Null(queries.NextDue(new RunRoom(OfSubject: 1)));
        Assert.NotNull(queries.NextDue(new RunRoom(OfSubject: 2)));
        Assert.Null(await store.ClaimAsync(ClaimScope.Any, TimeSpan.FromDays(1), new RunRoom(OfSubject: 1), TestClock.Limit()));
        Assert.Equal(other.Id, (await store.ClaimAsync(ClaimScope.Any, TimeSpan.FromDays(1), new RunRoom(1), TestClock.Limit()))!.Id);
        await store.FinishAsync(running with { State = JobState.Succeeded }, TestClock.Limit());
        Assert.Equal(second.Id, (await store.ClaimAsync(ClaimScope.Any, TimeSpan.FromDays(1), new RunRoom(1), TestClock.Limit()))!.Id);
    }

    [Fact]
    public async Task Unfinished_jobs_of_a_namespace_are_those_that_wait_or_run()
    {
        var running = await EnqueueAsync(SampleJob.New());
        var waiting = await EnqueueAsync(SampleJob.New());
        var ended = await EnqueueAsync(SampleJob.New());
        await EnqueueAsync(SampleJob.New() with { Namespace = "elsewhere" });
        await ClaimAsync();
        await store.RequestCancelAsync(ended.Id, CancellationToken.None);

        Assert.Equal([running.Id, waiting.Id], queries.Unfinished(running.Namespace).Select(job => job.Id));
        Assert.Empty(queries.Unfinished("nowhere"));
    }

    [Fact]
    public async Task The_same_work_of_the_same_caller_is_joined_and_other_work_is_not()
    {
        var first = await EnqueueAsync(SampleJob.New(workKey: "alpine"));
        await ClaimAsync();
        Assert.Equal(first.Id, (await EnqueueAsync(SampleJob.New(workKey: "alpine"))).Id);
        Assert.NotEqual(first.Id, (await EnqueueAsync(SampleJob.New(workKey: "busybox"))).Id);
        Assert.NotEqual(first.Id, (await EnqueueAsync(SampleJob.New(subject: "key:bob", workKey: "alpine"))).Id);
        Assert.NotEqual(first.Id, (await EnqueueAsync(SampleJob.New(workKey: "alpine") with { Namespace = "team-b" })).Id);
        Assert.NotEqual(first.Id, (await EnqueueAsync(SampleJob.New())).Id);
    }

    [Fact]
    public async Task Work_that_has_ended_or_is_to_be_canceled_is_not_joined()
    {
        var first = await EnqueueAsync(SampleJob.New(workKey: "alpine"));
        await ClaimAsync();
        await store.RequestCancelAsync(first.Id, TestClock.Limit());
        var second = await EnqueueAsync(SampleJob.New(workKey: "alpine"));
        Assert.NotEqual(first.Id, second.Id);
        await store.FinishAsync((await ClaimAsync())! with { State = JobState.Succeeded }, TestClock.Limit());
        Assert.NotEqual(second.Id, (await EnqueueAsync(SampleJob.New(workKey: "alpine"))).Id);
    }

    [Fact]
    public async Task A_full_queue_refuses_new_work_but_still_joins()
    {
        await EnqueueAsync(SampleJob.New(workKey: "a"), maxQueued: 2);
        await EnqueueAsync(SampleJob.New(), maxQueued: 2);
        var full = await Assert.ThrowsAsync<ProblemException>(() => EnqueueAsync(SampleJob.New(), maxQueued: 2));
        Assert.Equal("too_many_requests", full.Kind.Code);
        Assert.True(full.RetryAfter > TimeSpan.Zero);
        await EnqueueAsync(SampleJob.New(workKey: "a"), maxQueued: 2);
        await ClaimAsync();
        await EnqueueAsync(SampleJob.New(), maxQueued: 2);
    }

    [Fact]
    public async Task A_job_that_waits_for_its_next_attempt_is_not_claimed_before_it_is_due()
    {
        await EnqueueAsync(SampleJob.New());
        var claimed = (await ClaimAsync())!;
        await store.RequeueAsync(claimed with { NextAttemptAt = time.GetUtcNow().AddSeconds(5), Failures = 1 }, countAttempt: true, TestClock.Limit());
        Assert.Null(await ClaimAsync());
        Assert.Equal(time.GetUtcNow().AddSeconds(5), queries.NextDue(new RunRoom()));
        time.Advance(TimeSpan.FromSeconds(5));
        var again = (await ClaimAsync())!;
        Assert.Equal((2, 1, claimed.StartedAt), (again.Attempt, again.Failures, again.StartedAt));
        Assert.True(again.Epoch > claimed.Epoch && again.Sequence > claimed.Sequence);
        Assert.Null(again.NextAttemptAt);
    }

    [Fact]
    public async Task A_change_of_owner_is_one_step_in_epoch_and_sequence_and_more_only_where_a_kill_may_have_lost_some()
    {
        var queued = await EnqueueAsync(SampleJob.New());
        var claimed = (await ClaimAsync())!;
        var waiting = (await store.RequeueAsync(claimed with { Sequence = claimed.Sequence + 1 }, countAttempt: true, TestClock.Limit()))!;
        var again = (await ClaimAsync())!;
        await store.RequeueAbandonedAsync(TestClock.Limit());
        var abandoned = queries.Find(again.Id)!;
        Assert.True(claimed.EventId.Follows(queued.EventId) && waiting.EventId.Follows(claimed.EventId) && again.EventId.Follows(waiting.EventId));
        Assert.True(abandoned.EventId > again.EventId && !abandoned.EventId.Follows(again.EventId));
    }

    [Fact]
    public async Task An_attempt_that_a_shutdown_interrupted_is_not_counted()
    {
        await EnqueueAsync(SampleJob.New());
        await store.RequeueAsync((await ClaimAsync())!, countAttempt: false, TestClock.Limit());
        Assert.Equal(1, (await ClaimAsync())!.Attempt);
    }

    [Fact]
    public async Task An_owner_of_the_past_can_write_nothing()
    {
        await EnqueueAsync(SampleJob.New());
        var stale = (await ClaimAsync())!;
        await store.RequeueAbandonedAsync(TestClock.Limit());
        var owner = (await ClaimAsync())!;
        Assert.Null(await store.FinishAsync(stale with { State = JobState.Failed }, TestClock.Limit()));
        Assert.Null(await store.RequeueAsync(stale, countAttempt: true, TestClock.Limit()));
        Assert.False(await store.SaveProgressAsync(stale with { Sequence = 9999 }, TestClock.Limit()));
        Assert.Equivalent(owner, queries.Find(owner.Id), strict: true);
        Assert.True(await store.SaveProgressAsync(owner, TestClock.Limit()));
        Assert.NotNull(await store.FinishAsync(owner with { State = JobState.Succeeded }, TestClock.Limit()));
    }

    [Fact]
    public async Task An_end_is_final_and_erases_the_credentials()
    {
        await EnqueueAsync(SampleJob.New(secret: [1, 2, 3]));
        var owner = (await ClaimAsync())!;
        Assert.NotNull(owner.Secret);
        var ended = (await store.FinishAsync(owner with { State = JobState.Succeeded, Result = "{}" }, TestClock.Limit()))!;
        Assert.Equal((JobState.Succeeded, time.GetUtcNow(), null), (ended.State, ended.FinishedAt!.Value, ended.Secret));
        Assert.Null(await store.FinishAsync(owner with { State = JobState.Failed }, TestClock.Limit()));
        Assert.Equal((JobState.Succeeded, false), Of(await store.RequestCancelAsync(owner.Id, TestClock.Limit())));
        Assert.Null(await ClaimAsync());
    }

    [Fact]
    public async Task Canceling_a_job_that_never_ran_ends_it_at_once_without_its_credentials()
    {
        var job = await EnqueueAsync(SampleJob.New(secret: [1]));
        Assert.Equal((JobState.Canceled, true), Of(await store.RequestCancelAsync(job.Id, TestClock.Limit())));
        var ended = queries.Find(job.Id)!;
        Assert.Equal((true, null, time.GetUtcNow()), (ended.CancelRequested, ended.Secret, ended.FinishedAt!.Value));
    }

    [Fact]
    public async Task Canceling_a_job_that_waits_for_another_attempt_makes_it_due_for_its_clean_up()
    {
        await EnqueueAsync(SampleJob.New());
        var job = (await ClaimAsync())!;
        await store.RequeueAsync(job with { NextAttemptAt = time.GetUtcNow().AddHours(1) }, countAttempt: true, TestClock.Limit());
        Assert.Equal((JobState.Queued, false), Of(await store.RequestCancelAsync(job.Id, TestClock.Limit())));
        await EnqueueAsync(SampleJob.New());
        var claimed = (await store.ClaimAsync(ClaimScope.None, TimeSpan.FromDays(1), new RunRoom(), TestClock.Limit()))!;
        Assert.Equal((job.Id, true), (claimed.Id, claimed.CancelRequested));
        Assert.Null(await store.ClaimAsync(ClaimScope.None, TimeSpan.FromDays(1), new RunRoom(), TestClock.Limit()));
    }

    [Fact]
    public async Task A_wish_to_cancel_survives_the_attempt_it_came_too_late_for()
    {
        var job = await EnqueueAsync(SampleJob.New());
        var owner = (await ClaimAsync())!;
        await store.RequestCancelAsync(job.Id, TestClock.Limit());
        var ended = (await store.FinishAsync(owner with { State = JobState.Succeeded }, TestClock.Limit()))!;
        Assert.Equal((JobState.Succeeded, true), (ended.State, ended.CancelRequested));
    }

    [Fact]
    public async Task Canceling_what_is_not_there_finds_nothing() =>
        Assert.Null((await store.RequestCancelAsync("01jwm2x8g07000000000000000", TestClock.Limit())).Job);

    [Fact]
    public async Task What_the_last_process_left_running_is_queued_again_with_its_credentials()
    {
        var job = await EnqueueAsync(SampleJob.New(workKey: "a", secret: [1, 2]));
        var owner = (await ClaimAsync())!;
        Assert.Equal(1, await store.RequeueAbandonedAsync(TestClock.Limit()));
        var waiting = queries.Find(job.Id)!;
        Assert.Equal((JobState.Queued, 1, owner.Epoch + 2, time.GetUtcNow()), (waiting.State, waiting.Attempt, waiting.Epoch, waiting.NextAttemptAt!.Value));
        Assert.Equal([1, 2], waiting.Secret);
        Assert.Equal(job.Id, (await EnqueueAsync(SampleJob.New(workKey: "a"))).Id);
    }

    private static (JobState?, bool) Of((JobRecord? Job, bool EndedHere) canceled) => (canceled.Job?.State, canceled.EndedHere);

    private async Task<JobRecord> EnqueueAsync(JobRecord job, int maxQueued = 1000) => (await store.EnqueueAsync(job, new QueueRoom(maxQueued), key: null, TestClock.Limit())).Job;

    private Task<JobRecord?> ClaimAsync() => store.ClaimAsync(ClaimScope.Any, TimeSpan.FromDays(1), new RunRoom(), TestClock.Limit());
}
