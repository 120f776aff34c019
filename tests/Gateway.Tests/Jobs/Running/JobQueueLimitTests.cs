using Dapper;
using Gateway.Jobs;
using Gateway.Tests.Webhooks;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Jobs.Running;

/// <summary>No job waits for ever, though every place is taken.</summary>
public sealed class JobQueueLimitTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2025, 6, 1, 0, 0, 0, TimeSpan.Zero));

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_job_that_was_not_begun_within_the_limit_fails_and_everybody_is_told()
    {
        var handler = TestHandler.Endless();
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var host = await JobsHost.StartAsync(folder, handler, time, webhooks: true, settings: [("MaxRunning", "1"), ("QueueLimit", "02:00:00"), ("AttemptLimit", "1.00:00:00")]);
        await WebhooksTests.CreateAsync(host, receiver.Url);
        await host.StartJobAsync(timeout: TimeSpan.FromDays(2));
        await handler.StartedAsync();
        var waiting = await host.StartJobAsync(secret: "token");
        await PassAsync(TimeSpan.FromMinutes(119));
        Assert.Equal(JobState.Queued, host.Queries.Find(waiting.Id)!.State);
        var watched = host.EndOfAsync(waiting.Id);
        await PassAsync(TimeSpan.FromMinutes(3), until: watched);

        var ended = await watched;
        Assert.Equal((JobState.Failed, "deadline_exceeded", 0, null, null), (ended.State, ended.Error!.Code, ended.Attempt, ended.StartedAt, ended.Secret));
        Assert.Contains("02:00:00", ended.Error.Detail, StringComparison.Ordinal);
        Assert.Single(handler.Runs);
        Assert.Equal(waiting.Id, Assert.Single(handler.CleanUps).Id);
        Assert.Equal((waiting.Id, "job.failed"), host.Get<JobDatabase>().Read(
            connection => connection.QuerySingle<(string, string)>("SELECT job_id, event FROM deliveries")));
    }

    [Fact]
    public async Task A_job_whose_time_is_over_while_it_waits_for_another_attempt_ends()
    {
        var handler = new TestHandler
        {
            OnRun = (run, cancel) => run.Attempt is 1 && run.Secret is not null
                ? throw new RpcException(new Status(StatusCode.Unavailable, "down"))
                : TestHandler.ForEver(run, cancel),
        };
        await using var host = await JobsHost.StartAsync(folder, handler, time, settings: ("MaxRunning", "1"));
        var waiting = await host.StartJobAsync(secret: "fails first", timeout: TimeSpan.FromMinutes(5));
        await host.UntilAsync(waiting.Id, job => job.NextAttemptAt is not null);
        await host.StartJobAsync(timeout: TimeSpan.FromDays(2));
        await handler.StartedAsync();
        await handler.StartedAsync();
        var watched = host.EndOfAsync(waiting.Id);
        await PassAsync(TimeSpan.FromMinutes(8), until: watched);
        Assert.Equal("deadline_exceeded", (await watched).Error!.Code);
        Assert.Equal(2, handler.Runs.Count);
    }

    private async Task PassAsync(TimeSpan whole, Task? until = null)
    {
        for (var passed = TimeSpan.Zero; passed < whole && until is not { IsCompleted: true }; passed += TimeSpan.FromSeconds(30))
        {
            time.Advance(TimeSpan.FromSeconds(30));
            await Task.Delay(until is null ? 1 : 20);
        }
    }
}
