using System.Text.Json.Nodes;
using Dapper;
using Gateway.Jobs;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Jobs.Running;

public sealed class JobWorkTests
{
    [Fact]
    public async Task Work_that_ends_while_its_progress_is_being_told_lets_that_come_to_its_end_first()
    {
        using var folder = new TempFolder();
        var clock = new SlowClock();
        var handler = new TestHandler
        {
            OnRun = async (_, cancel) =>
            {
                await clock.Read.Task.WaitAsync(cancel);
                return new JsonObject { ["digest"] = "sha256:done" };
            },
        };
        await using var host = await JobsHost.StartAsync(folder, TestHandler.Endless());
        await using var running = new RunningJob(SampleJob.New() with { StartedAt = TimeProvider.System.GetUtcNow() }, host.Get<JobHub>());
        var work = new JobWork(new JobHandlers([handler]), host.Get<JobSecrets>(), host.Get<JobStore>(), clock, Options.Create(new JobOptions()), NullLogger<JobWork>.Instance);

        var (result, progress) = await work.RunAsync(running);

        Assert.Contains("sha256:done", result);
        Assert.Equal(100, progress.Percent);
        Assert.Equal(1, clock.MostAtOnce);
    }

    [Fact]
    public async Task Attempt_without_progress_learns_all_the_same_that_its_job_has_another_owner()
    {
        using var folder = new TempFolder();
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var host = await JobsHost.StartAsync(folder, TestHandler.Endless(), time);
        var database = host.Get<JobDatabase>();
        await host.StartJobAsync();
        await AdvanceUntilAsync(time, () => database.Read(connection => connection.ExecuteScalar<string?>("SELECT progress FROM jobs")) is not null);

        await database.WriteAsync(connection => connection.Execute("UPDATE jobs SET epoch = epoch + 1"), TestClock.Limit());

        await AdvanceUntilAsync(time, () => host.Logs.Contain("has another owner"));
    }

    // For a minute of its time.
    private static async Task AdvanceUntilAsync(FakeTimeProvider time, Func<bool> isSo)
    {
        for (var tick = 0; !isSo(); tick++)
        {
            Assert.True(tick < 240, "it did not come to that");
            time.Advance(TimeSpan.FromMilliseconds(250));
            await Task.Delay(10, TestClock.Limit());
        }
    }

    /// <summary>Who measures a rate with it takes long.</summary>
    private sealed class SlowClock : TimeProvider
    {
        private int readers;

        public TaskCompletionSource Read { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int MostAtOnce { get; private set; }

        public override long GetTimestamp()
        {
            MostAtOnce = Math.Max(MostAtOnce, Interlocked.Increment(ref readers));
            Read.TrySetResult();
            Thread.Sleep(100);
            Interlocked.Decrement(ref readers);
            return base.GetTimestamp();
        }
    }
}
