using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Jobs;
using Gateway.Tests.Webhooks;
using Grpc.Core;

namespace Gateway.Tests.Jobs.Running;

/// <summary>
/// The wall clock is set while a job is in each of its states: nothing that runs ends early, nothing is stuck, and what depends on the date by its
/// meaning (how long something is kept or may wait) follows it.
/// </summary>
public sealed class JobClockTests : IDisposable
{
    /// <summary>An attempt may take as long as the job.</summary>
    private static readonly (string, string) OneAttempt = ("AttemptLimit", "1.00:00:00");

    private static readonly string[] Back = ["-1 hour", "-1 day", "each second"];

    private readonly TempFolder folder = new();
    private readonly JumpingClock clock = new();

    public static TheoryData<string> Jumps => [.. Back, "+10 years"];

    public static TheoryData<string> SmallJumps => [.. Back];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Jumps))]
    public async Task A_running_job_has_its_whole_time_and_no_more(string jump)
    {
        var handler = TestHandler.Endless();
        await using var host = await JobsHost.StartAsync(folder, handler, clock, settings: OneAttempt);
        var job = await host.StartJobAsync(timeout: TimeSpan.FromHours(1));
        await handler.StartedAsync();
        Set(jump, 0);
        for (var minute = 1; minute < 60; minute++)
        {
            await PassAsync(jump, minute, TimeSpan.FromMinutes(1));
        }

        Assert.Equal(JobState.Running, host.Get<JobWatcher>().Find(job.Id)!.State);
        await UntilAsync(jump, host, job.Id, found => found.State.IsFinal(), most: TimeSpan.FromMinutes(10));
        var ended = host.Queries.Find(job.Id)!;
        Assert.Equal((JobState.Failed, "deadline_exceeded"), (ended.State, ended.Error!.Code));
        Assert.Single(handler.Runs);
    }

    [Theory]
    [MemberData(nameof(Jumps))]
    public async Task A_running_job_that_succeeds_has_succeeded(string jump)
    {
        var done = new TaskCompletionSource();
        var handler = new TestHandler { OnRun = (_, cancel) => Finish(done, cancel) };
        await using var host = await JobsHost.StartAsync(folder, handler, clock);
        var job = await host.StartJobAsync(timeout: TimeSpan.FromMinutes(1));
        await handler.StartedAsync();
        Set(jump, 0);
        done.SetResult();
        Assert.Equal(JobState.Succeeded, (await host.EndOfAsync(job.Id)).State);
    }

    [Theory]
    [MemberData(nameof(SmallJumps))]
    public async Task A_job_in_the_queue_begins_as_soon_as_there_is_room(string jump)
    {
        var done = new TaskCompletionSource();
        var handler = new TestHandler { OnRun = (_, cancel) => Finish(done, cancel) };
        await using var host = await JobsHost.StartAsync(folder, handler, clock, settings: ("MaxRunning", "1"));
        await host.StartJobAsync();
        await handler.StartedAsync();
        var waiting = await host.StartJobAsync();
        Set(jump, 0);
        await PassAsync(jump, 1, TimeSpan.FromMinutes(1));
        done.SetResult();
        Assert.Equal((JobState.Succeeded, 1), Of(await host.EndOfAsync(waiting.Id)));
    }

    [Theory]
    [MemberData(nameof(SmallJumps))]
    public async Task A_retry_comes_about_when_it_was_planned(string jump)
    {
        var handler = Flaky();
        await using var host = await JobsHost.StartAsync(folder, handler, clock);
        var job = await host.StartJobAsync();
        await host.UntilAsync(job.Id, found => found.NextAttemptAt is not null);
        Set(jump, 0);
        await UntilAsync(jump, host, job.Id, found => found.State.IsFinal(), most: TimeSpan.FromMinutes(10));
        Assert.Equal((JobState.Succeeded, 2), Of(host.Queries.Find(job.Id)!));
    }

    [Fact]
    public async Task A_clock_that_is_set_back_while_the_gateway_is_down_stops_no_retry()
    {
        var handler = Flaky();
        var host = await JobsHost.StartAsync(folder, handler, clock);
        var job = await host.StartJobAsync();
        await host.UntilAsync(job.Id, found => found.NextAttemptAt is not null);
        await host.StopAsync();
        clock.Jump(-TimeSpan.FromDays(1));
        await using var restarted = await JobsHost.StartAsync(folder, handler, clock);
        Assert.Equal((JobState.Succeeded, 2), Of(await restarted.EndOfAsync(job.Id)));
    }

    [Fact]
    public async Task A_clock_that_came_back_from_far_ahead_gives_a_job_its_time_once_more()
    {
        clock.Jump(TimeSpan.FromDays(3650));
        var handler = TestHandler.Endless();
        var host = await JobsHost.StartAsync(folder, handler, clock, settings: OneAttempt);
        var job = await host.StartJobAsync(timeout: TimeSpan.FromHours(1));
        await handler.StartedAsync();
        await host.StopAsync();
        clock.Jump(-TimeSpan.FromDays(3650));
        await using var restarted = await JobsHost.StartAsync(folder, handler, clock, settings: OneAttempt);
        await handler.StartedAsync();
        clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal("deadline_exceeded", (await restarted.EndOfAsync(job.Id)).Error!.Code);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ten_years_ahead_end_what_waits_and_say_so(bool forRetry)
    {
        var handler = forRetry ? Flaky() : TestHandler.Endless();
        await using var host = await JobsHost.StartAsync(folder, handler, clock, settings: ("MaxRunning", "1"));
        var job = await host.StartJobAsync();
        await handler.StartedAsync();
        if (forRetry)
        {
            await host.UntilAsync(job.Id, found => found.NextAttemptAt is not null);
        }
        else
        {
            job = await host.StartJobAsync();
        }

        Set("+10 years", 0);
        await UntilAsync("+10 years", host, job.Id, found => found.State.IsFinal(), most: TimeSpan.FromMinutes(10));
        Assert.Equal("deadline_exceeded", host.Queries.Find(job.Id)!.Error!.Code);
    }

    [Theory]
    [MemberData(nameof(Jumps))]
    public async Task A_finished_job_is_kept_unless_its_retention_is_over_by_the_calendar(string jump)
    {
        await using var host = await JobsHost.StartAsync(folder, new TestHandler(), clock);
        var job = await host.EndOfAsync((await host.StartJobAsync()).Id);
        Set(jump, 0);
        for (var minute = 1; minute < 5; minute++)
        {
            await PassAsync(jump, minute, TimeSpan.FromMinutes(1));
        }

        if (jump is "+10 years")
        {
            await host.Logs.UntilAsync("1 finished jobs are forgotten");
        }
        else
        {
            Assert.Equal(JobState.Succeeded, host.Queries.Find(job.Id)!.State);
        }
    }

    [Theory]
    [MemberData(nameof(Jumps))]
    public async Task A_message_that_waits_for_another_attempt_is_sent_about_when_it_was_planned(string jump)
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        receiver.OnMessage = (_, _) => Task.FromResult(receiver.Messages.Count is 1 ? 503 : 204);
        await using var host = await JobsHost.StartAsync(folder, new TestHandler(), clock, webhooks: true);
        await WebhooksTests.CreateAsync(host, receiver.Url);
        var job = await host.EndOfAsync((await host.StartJobAsync()).Id);
        await UntilAsync("", host, job.Id, _ => host.Logs.Contain("did not take message"), most: TimeSpan.FromMinutes(10));
        Set(jump, 0);
        await UntilAsync(jump, host, job.Id, _ => receiver.Messages.Count is 2, most: TimeSpan.FromMinutes(10));
    }

    private static (JobState State, int Attempt) Of(JobRecord job) => (job.State, job.Attempt);

    private static TestHandler Flaky() => new()
    {
        OnRun = (run, _) => run.Attempt is 1 ? throw new RpcException(new Status(StatusCode.Unavailable, "down")) : Task.FromResult<JsonNode?>(null),
    };

    private static async Task<JsonNode?> Finish(TaskCompletionSource done, CancellationToken cancel)
    {
        await done.Task.WaitAsync(cancel);
        return null;
    }

    /// <summary>One jump; "each second" is one hour ahead and two back in turn.</summary>
    private void Set(string jump, int step) => clock.Jump(jump switch
    {
        "-1 hour" when step is 0 => TimeSpan.FromHours(-1),
        "-1 day" when step is 0 => TimeSpan.FromDays(-1),
        "+10 years" when step is 0 => TimeSpan.FromDays(3650),
        "each second" => TimeSpan.FromMinutes(step % 2 is 0 ? 50 : -110),
        _ => TimeSpan.Zero,
    });

    private async Task PassAsync(string jump, int step, TimeSpan time)
    {
        Set(jump, step);
        clock.Advance(time);
        await Task.Delay(1);
    }

    /// <summary>Lets time pass, second by second, until the job is so; not longer than so much time on the monotonic clock.</summary>
    private async Task UntilAsync(string jump, JobsHost host, string id, Func<JobRecord, bool> condition, TimeSpan most)
    {
        for (var second = 1; !condition(host.Get<JobWatcher>().Find(id)!); second++)
        {
            Assert.True(second < most.TotalSeconds, $"after {most} nothing has happened: {JsonSerializer.Serialize(host.Queries.Find(id))}");
            await PassAsync(jump, second, TimeSpan.FromSeconds(1));
        }
    }
}
