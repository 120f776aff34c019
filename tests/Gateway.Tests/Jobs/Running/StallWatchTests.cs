using Gateway.Jobs;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Jobs.Running;

/// <summary>An attempt that moves nothing is ended; one that unpacks, or that has nothing to move, is not.</summary>
public sealed class StallWatchTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private readonly TempFolder folder = new();
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2025, 6, 1, 0, 0, 0, TimeSpan.Zero));

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(ItemState.Downloading, true)]
    [InlineData(ItemState.Uploading, true)]
    [InlineData(ItemState.Unpacking, false)]
    [InlineData(ItemState.Waiting, false)]
    [InlineData(ItemState.Done, false)]
    internal void Only_bytes_that_are_awaited_can_stall(ItemState state, bool stalls)
    {
        var watch = new StallWatch(Limit, time);
        Assert.False(watch.IsStalled(Progress((state, 10))));
        time.Advance(Limit);
        Assert.Equal(stalls, watch.IsStalled(Progress((state, 10))));
    }

    [Fact]
    public void One_layer_that_unpacks_or_moves_is_enough()
    {
        var watch = new StallWatch(Limit, time);
        Assert.False(watch.IsStalled(Progress((ItemState.Downloading, 10), (ItemState.Unpacking, 5))));
        time.Advance(2 * Limit);
        Assert.False(watch.IsStalled(Progress((ItemState.Downloading, 10), (ItemState.Unpacking, 5))));
        time.Advance(Limit / 2);
        Assert.False(watch.IsStalled(Progress((ItemState.Downloading, 10), (ItemState.Downloading, 5))));
        time.Advance(Limit / 2);
        Assert.False(watch.IsStalled(Progress((ItemState.Downloading, 11), (ItemState.Downloading, 5))));
        time.Advance(Limit);
        Assert.True(watch.IsStalled(Progress((ItemState.Downloading, 11), (ItemState.Downloading, 5))));
    }

    [Fact]
    public async Task Stalled_attempt_is_tried_again_and_then_told_by_its_code()
    {
        var handler = new TestHandler
        {
            OnRun = (run, cancel) =>
            {
                run.Progress.Add("sha256:" + new string('a', 64), "layer", 100, unpacks: false).State = ItemState.Downloading;
                return TestHandler.ForEver(run, cancel);
            },
        };
        await using var host = await JobsHost.StartAsync(folder, handler, time, settings: [("MaxAttempts", "2"), ("IdleLimit", "00:00:30")]);
        var job = await host.StartJobAsync(timeout: TimeSpan.FromHours(2));
        var end = host.EndOfAsync(job.Id);
        while (!end.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(2, TestContext.Current.CancellationToken);
        }

        Assert.Equal((JobState.Failed, "containerd_timeout", 2), ((await end).State, (await end).Error!.Code, (await end).Attempt));
    }

    [Theory]
    [InlineData("02:00:00", "attempt_timeout", 2)]
    [InlineData("00:00:45", "deadline_exceeded", 2)]
    [InlineData("00:00:30", "deadline_exceeded", 1)]
    public async Task Attempt_that_takes_too_long_is_tried_again_within_the_time_of_its_job(string timeout, string code, int attempts)
    {
        var handler = new TestHandler { OnRun = TestHandler.ForEver };
        await using var host = await JobsHost.StartAsync(folder, handler, time, settings: [("MaxAttempts", "2"), ("AttemptLimit", "00:00:30")]);
        var job = await host.StartJobAsync(timeout: TimeSpan.Parse(timeout, System.Globalization.CultureInfo.InvariantCulture));
        var end = host.EndOfAsync(job.Id);
        while (!end.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(2, TestContext.Current.CancellationToken);
        }

        Assert.Equal((JobState.Failed, code, attempts), ((await end).State, (await end).Error!.Code, (await end).Attempt));
    }

    private static ProgressView Progress(params (ItemState State, long Done)[] items) => new(
        JobPhase.Downloading, 0, 0, 0, 0, null, [.. items.Select((item, i) => new ProgressItemView($"{i}", "layer", item.State, item.Done, 100))]);
}
