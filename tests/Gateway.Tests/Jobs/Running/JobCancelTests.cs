using Gateway.Jobs;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Jobs.Running;

public sealed class JobCancelTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2025, 6, 1, 0, 0, 0, TimeSpan.Zero));

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_job_in_the_queue_is_canceled_at_once_and_never_runs()
    {
        var handler = TestHandler.Endless();
        await using var host = await JobsHost.StartAsync(folder, handler, settings: ("MaxRunning", "1"));
        await host.StartJobAsync();
        await handler.StartedAsync();
        var waiting = await host.StartJobAsync();
        Assert.Equal(JobState.Canceled, (await CancelAsync(host, waiting.Id)).State);
        Assert.Single(handler.Runs);
        Assert.Empty(handler.CleanUps);
    }

    [Fact]
    public async Task A_job_that_was_prepared_under_its_id_is_cleaned_up_even_if_it_never_ran()
    {
        var handler = TestHandler.Endless();
        await using var host = await JobsHost.StartAsync(folder, handler, settings: ("MaxRunning", "1"));
        await host.StartJobAsync();
        await handler.StartedAsync();
        var id = host.Get<JobId>().Next();
        var waiting = await host.Starter.StartAsync(JobsHost.Work() with { Id = id }, JobsHost.Alice, key: null, TestClock.Limit());
        Assert.Equal(id, waiting.Id);
        await CancelAsync(host, id);
        Assert.Equal(JobState.Canceled, (await host.EndOfAsync(id)).State);
        Assert.Single(handler.Runs);
        Assert.Equal(id, Assert.Single(handler.CleanUps).Id);
    }

    [Fact]
    public async Task A_running_job_is_stopped_cleaned_up_and_only_then_canceled()
    {
        var handler = TestHandler.Endless();
        await using var host = await JobsHost.StartAsync(folder, handler);
        var cleaning = new TaskCompletionSource();
        var clean = new TaskCompletionSource();
        handler.OnCleanUp = async (_, cancel) =>
        {
            cleaning.SetResult();
            await clean.Task.WaitAsync(cancel);
        };
        var job = await host.StartJobAsync(secret: "token");
        await handler.StartedAsync();
        var answer = await CancelAsync(host, job.Id);
        Assert.Equal((JobState.Running, true), (answer.State, answer.CancelRequested));
        await cleaning.Task.WaitAsync(TestClock.Limit());
        Assert.Equal(JobState.Running, host.Queries.Find(job.Id)!.State);
        clean.SetResult();
        var ended = await host.EndOfAsync(job.Id);
        Assert.Equal((JobState.Canceled, true, null, null), (ended.State, ended.CancelRequested, ended.Error, ended.Secret));
    }

    [Fact]
    public async Task Work_that_was_done_before_the_wish_arrived_has_succeeded()
    {
        var done = new TaskCompletionSource();
        var handler = new TestHandler
        {
            OnRun = async (_, _) =>
            {
                await done.Task;
                return null;
            },
        };
        await using var host = await JobsHost.StartAsync(folder, handler);
        var job = await host.StartJobAsync();
        await handler.StartedAsync();
        await CancelAsync(host, job.Id);
        done.SetResult();
        var ended = await host.EndOfAsync(job.Id);
        Assert.Equal((JobState.Succeeded, true), (ended.State, ended.CancelRequested));
        Assert.Empty(handler.CleanUps);
    }

    [Fact]
    public async Task A_job_between_two_attempts_is_cleaned_up_without_running_again_even_when_no_slot_is_free()
    {
        var handler = new TestHandler { OnRun = (_, _) => throw new RpcException(new Status(StatusCode.Unavailable, "down")) };
        await using var host = await JobsHost.StartAsync(folder, handler, time, settings: ("MaxRunning", "1"));
        var job = await host.StartJobAsync();
        await host.UntilAsync(job.Id, seen => seen.NextAttemptAt is not null);
        handler.OnRun = TestHandler.ForEver;
        await host.StartJobAsync();
        await handler.StartedAsync();
        await handler.StartedAsync();
        await CancelAsync(host, job.Id);
        Assert.Equal(JobState.Canceled, (await host.EndOfAsync(job.Id)).State);
        Assert.Equal(job.Id, Assert.Single(handler.CleanUps).Id);
        Assert.Equal(2, handler.Runs.Count);
    }

    [Fact]
    public async Task A_handler_that_fails_on_being_stopped_has_been_canceled_all_the_same()
    {
        var handler = new TestHandler();
        handler.OnRun = async (run, cancel) =>
        {
            try
            {
                return await TestHandler.ForEver(run, cancel);
            }
            catch (OperationCanceledException)
            {
                throw new RpcException(new Status(StatusCode.Cancelled, "canceled"));
            }
        };
        await using var host = await JobsHost.StartAsync(folder, handler);
        var job = await host.StartJobAsync();
        await handler.StartedAsync();
        await CancelAsync(host, job.Id);
        Assert.Equal(JobState.Canceled, (await host.EndOfAsync(job.Id)).State);
    }

    [Fact]
    public async Task Canceling_again_or_after_the_end_changes_nothing()
    {
        var handler = TestHandler.Endless();
        await using var host = await JobsHost.StartAsync(folder, handler);
        var job = await host.StartJobAsync();
        await handler.StartedAsync();
        await CancelAsync(host, job.Id);
        await CancelAsync(host, job.Id);
        var ended = await host.EndOfAsync(job.Id);
        Assert.Equivalent(ended, await CancelAsync(host, job.Id), strict: true);
        Assert.Single(handler.CleanUps);
    }

    [Fact]
    public async Task A_wish_that_a_crash_interrupted_is_fulfilled_after_the_restart()
    {
        var handler = TestHandler.Endless();
        var killed = new TaskCompletionSource();
        handler.OnCleanUp = (_, _) => killed.Task;
        await using var host = await JobsHost.StartAsync(folder, handler);
        var job = await host.StartJobAsync();
        await handler.StartedAsync();
        await CancelAsync(host, job.Id);
        using var left = folder.Copy();
        killed.SetResult();

        var next = TestHandler.Endless();
        await using var restarted = await JobsHost.StartAsync(left, next);
        Assert.Equal(JobState.Canceled, (await restarted.EndOfAsync(job.Id)).State);
        Assert.Empty(next.Runs);
        Assert.Single(next.CleanUps);
    }

    [Fact]
    public async Task A_clean_up_that_fails_does_not_hold_the_job_and_is_tried_again_until_it_succeeds()
    {
        var broken = true;
        var handler = TestHandler.Endless();
        handler.OnCleanUp = (_, _) => broken ? throw new RpcException(new Status(StatusCode.Unavailable, "down")) : Task.CompletedTask;
        await using var host = await JobsHost.StartAsync(folder, handler, time);
        var job = await host.StartJobAsync();
        await handler.StartedAsync();
        await CancelAsync(host, job.Id);
        Assert.True((await host.EndOfAsync(job.Id)).CleanUpPending);
        broken = false;
        var limit = TestClock.Limit();
        while (host.Queries.Find(job.Id)!.CleanUpPending)
        {
            limit.ThrowIfCancellationRequested();
            time.Advance(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }

        Assert.InRange(handler.CleanUps.Count, 2, 3); // the sweep at the start may have met it while it still failed
    }

    [Fact]
    public async Task A_clean_up_that_hangs_is_given_up_after_thirty_seconds()
    {
        var cleaning = new TaskCompletionSource();
        var handler = TestHandler.Endless();
        handler.OnCleanUp = (_, cancel) =>
        {
            cleaning.TrySetResult();
            return Task.Delay(Timeout.InfiniteTimeSpan, cancel);
        };
        await using var host = await JobsHost.StartAsync(folder, handler, time);
        var job = await host.StartJobAsync();
        await handler.StartedAsync();
        await CancelAsync(host, job.Id);
        await cleaning.Task.WaitAsync(TestClock.Limit());
        time.Advance(TimeSpan.FromSeconds(30));
        var ended = await host.EndOfAsync(job.Id);
        Assert.Equal((JobState.Canceled, true), (ended.State, ended.CleanUpPending));
    }

    private static async Task<JobRecord> CancelAsync(JobsHost host, string id) => (await host.Get<JobCanceler>().CancelAsync(id, TestClock.Limit()))!;
}
