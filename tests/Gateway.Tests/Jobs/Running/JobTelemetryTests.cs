using System.Diagnostics.Metrics;
using Gateway.Jobs;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Jobs.Running;

public sealed class JobTelemetryTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Jobs_are_counted_from_their_start_to_their_end()
    {
        var handler = TestHandler.Endless();
        await using var host = await JobsHost.StartAsync(folder, handler, settings: ("MaxRunning", "1"));
        using var metrics = new Measurements(host.Get<IMeterFactory>());
        var first = await host.StartJobAsync();
        await handler.StartedAsync();
        var second = await host.StartJobAsync();
        Assert.Equal((2, 1, 1), (metrics.Sum("started"), metrics.Sum("running"), metrics.Sum("queued")));
        await host.Get<JobCanceler>().CancelAsync(second.Id, TestClock.Limit());
        await host.Get<JobCanceler>().CancelAsync(first.Id, TestClock.Limit());
        await host.EndOfAsync(first.Id);
        await host.StopAsync();
        Assert.Equal((2, 0, 2), (metrics.Sum("ended", "canceled"), metrics.Sum("running"), metrics.Count("duration")));
    }

    [Fact]
    public async Task Canceling_twice_counts_one_end()
    {
        var handler = TestHandler.Endless();
        await using var host = await JobsHost.StartAsync(folder, handler, settings: ("MaxRunning", "1"));
        using var metrics = new Measurements(host.Get<IMeterFactory>());
        await host.StartJobAsync();
        await handler.StartedAsync();
        var waiting = await host.StartJobAsync();
        await host.Get<JobCanceler>().CancelAsync(waiting.Id, TestClock.Limit());
        await host.Get<JobCanceler>().CancelAsync(waiting.Id, TestClock.Limit());
        Assert.Equal(1, metrics.Sum("ended", "canceled"));
    }

    [Fact]
    public async Task The_store_is_healthy_until_it_cannot_be_written()
    {
        var time = new FakeTimeProvider();
        await using var host = await JobsHost.StartAsync(folder, new TestHandler(), time);
        var health = host.Get<HealthCheckService>();
        Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync(check => check.Tags.Contains("ready"), TestClock.Limit())).Status);
        using var shell = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={folder.Database};Pooling=false");
        shell.Open();
        using var locked = shell.BeginTransaction();
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(HealthStatus.Unhealthy, (await health.CheckHealthAsync(check => check.Tags.Contains("ready"), TestClock.Limit())).Status);
    }
}
