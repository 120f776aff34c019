using Dapper;
using Gateway.Jobs;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Jobs.Store;

public sealed class JobHousekeepingTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2025, 6, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly JobDatabase database;
    private readonly JobStore store;
    private readonly JobQueries queries;
    private readonly JobHousekeeping housekeeping;

    public JobHousekeepingTests()
    {
        database = JobDatabase.Open(folder.Database);
        store = new JobStore(database, time);
        queries = new JobQueries(database);
        housekeeping = new JobHousekeeping(database);
    }

    public void Dispose()
    {
        database.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Jobs_that_ended_long_ago_are_forgotten_and_unfinished_ones_never()
    {
        var old = await FinishedAsync();
        var running = await StartedAsync();
        var waiting = (await store.EnqueueAsync(SampleJob.New(), new QueueRoom(10), key: null, TestClock.Limit())).Job;
        time.Advance(TimeSpan.FromDays(8));
        var young = await FinishedAsync(waiting);
        var unfinished = (await store.EnqueueAsync(SampleJob.New(), new QueueRoom(10), key: null, TestClock.Limit())).Job;
        Assert.Equal(1, await housekeeping.DeleteFinishedAsync(time.GetUtcNow().AddDays(-7), 100, TestClock.Limit()));
        Assert.Null(queries.Find(old.Id));
        Assert.All([running.Id, young.Id, unfinished.Id], id => Assert.NotNull(queries.Find(id)));
    }

    [Fact]
    public async Task The_oldest_beyond_the_count_are_forgotten()
    {
        var ended = new List<JobRecord>();
        for (var i = 0; i < 5; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            ended.Add(await FinishedAsync());
        }

        var running = await StartedAsync();
        Assert.Equal(3, await housekeeping.DeleteFinishedAsync(DateTimeOffset.UnixEpoch, 2, TestClock.Limit()));
        Assert.Equal(new[] { running.Id }.Concat(ended.Skip(3).Select(job => job.Id).Reverse()),
            queries.List(new JobFilter("key:alice", []), 100).Select(job => job.Id));
        Assert.Equal(0, await housekeeping.DeleteFinishedAsync(DateTimeOffset.UnixEpoch, 2, TestClock.Limit()));
    }

    [Fact]
    public async Task A_job_is_kept_as_long_as_its_key_is()
    {
        var keyed = (await store.EnqueueAsync(SampleJob.New(), new QueueRoom(10), key: null, TestClock.Limit())).Job;
        await database.WriteAsync(
            connection => connection.Execute(
                "INSERT INTO idempotency (subject, key, fingerprint, created_at, job_id) VALUES ('key:alice', 'k', x'00', @Now, @Id)", new { Now = time.GetUtcNow().ToUnixTimeMilliseconds(), keyed.Id }),
            TestClock.Limit());
        await FinishedAsync(keyed);
        time.Advance(TimeSpan.FromHours(1));
        var older = await FinishedAsync();
        time.Advance(TimeSpan.FromSeconds(1));
        var newer = await FinishedAsync();
        // It takes the place of no other.
        Assert.Equal(1, await housekeeping.DeleteFinishedAsync(DateTimeOffset.UnixEpoch, 1, TestClock.Limit()));
        Assert.Equal((true, false), (queries.Find(older.Id) is null, queries.Find(newer.Id) is null));
        Assert.Equal(0, await housekeeping.DeleteFinishedAsync(time.GetUtcNow(), 1, TestClock.Limit()));
        Assert.NotNull(queries.Find(keyed.Id));

        Assert.Equal(1, await housekeeping.DeleteKeysAsync(time.GetUtcNow(), 100, TestClock.Limit()));
        Assert.Equal(1, await housekeeping.DeleteFinishedAsync(time.GetUtcNow(), 1, TestClock.Limit()));
        Assert.Null(queries.Find(keyed.Id));
    }

    [Fact]
    public async Task Thousands_go_in_batches_and_their_pages_are_given_back()
    {
        await database.WriteAsync(
            connection => connection.Execute(
                """
                WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1700)
                INSERT INTO jobs (id, kind, namespace, subject, request, state, created_at, finished_at, timeout, trace_parent)
                SELECT printf('%026d', i), 'k', 'n', 'key:alice', hex(zeroblob(1000)), 'succeeded', 0, i, 1, '' FROM n
                """),
            TestClock.Limit());
        var pages = Pages();
        Assert.Equal(1690, await housekeeping.DeleteFinishedAsync(DateTimeOffset.UnixEpoch, 10, TestClock.Limit()));
        Assert.True(Pages() < pages / 4, $"{pages} pages became {Pages()}");
    }

    [Fact]
    public async Task Only_a_finished_job_is_deleted()
    {
        var running = await StartedAsync();
        Assert.False(await housekeeping.DeleteAsync(running.Id, TestClock.Limit()));
        await store.FinishAsync(running with { State = JobState.Failed }, TestClock.Limit());
        Assert.True(await housekeeping.DeleteAsync(running.Id, TestClock.Limit()));
        Assert.False(await housekeeping.DeleteAsync(running.Id, TestClock.Limit()));
    }

    [Fact]
    public async Task What_is_left_to_clean_up_is_remembered_until_it_is_clean()
    {
        var job = await StartedAsync();
        await store.FinishAsync(job with { State = JobState.Canceled, CleanUpPending = true }, TestClock.Limit());
        await FinishedAsync();
        Assert.Equal(job.Id, Assert.Single(queries.ToCleanUp(10)).Id);
        await housekeeping.MarkCleanAsync(job.Id, TestClock.Limit());
        Assert.Empty(queries.ToCleanUp(10));
    }

    private async Task<JobRecord> StartedAsync()
    {
        await store.EnqueueAsync(SampleJob.New(), new QueueRoom(10), key: null, TestClock.Limit());
        return (await store.ClaimAsync(ClaimScope.Any, TimeSpan.FromDays(1), new RunRoom(), TestClock.Limit()))!;
    }

    private async Task<JobRecord> FinishedAsync(JobRecord? waiting = null)
    {
        var job = waiting is null ? await StartedAsync() : (await store.ClaimAsync(ClaimScope.Any, TimeSpan.FromDays(1), new RunRoom(), TestClock.Limit()))!;
        return (await store.FinishAsync(job with { State = JobState.Succeeded }, TestClock.Limit()))!;
    }

    private int Pages() => database.Read(connection => connection.ExecuteScalar<int>("PRAGMA page_count"));
}
