using System.Text;
using System.Text.Json.Nodes;
using Gateway.Jobs;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Jobs.Running;

public sealed class JobRestartTests : IDisposable
{
    private const string Canary = "canary-7f3c9b1e5d";

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_shutdown_puts_running_jobs_back_and_the_next_start_goes_on_with_them()
    {
        var handler = TestHandler.Endless();
        var host = await JobsHost.StartAsync(folder, handler);
        var job = await host.StartJobAsync(key: "alpine", secret: Canary);
        await handler.StartedAsync();
        await host.StopAsync();
        Assert.Empty(handler.CleanUps);

        var next = new TestHandler();
        await using var restarted = await JobsHost.StartAsync(folder, next);
        var ended = await restarted.EndOfAsync(job.Id);
        Assert.Equal((JobState.Succeeded, 1), (ended.State, ended.Attempt));
        Assert.Equal((Canary, 1), (Assert.Single(next.Runs).Secret, next.Runs.Single().Attempt));
    }

    [Fact]
    public async Task A_killed_gateways_jobs_go_on_in_the_next_one()
    {
        var handler = TestHandler.Endless();
        await using var killed = await JobsHost.StartAsync(folder, handler, settings: ("MaxRunning", "1"));
        var running = await killed.StartJobAsync(secret: Canary);
        await handler.StartedAsync();
        var waiting = await killed.StartJobAsync();
        using var left = folder.Copy();

        var next = new TestHandler();
        await using var restarted = await JobsHost.StartAsync(left, next);
        Assert.Equal((JobState.Succeeded, 2), Of(await restarted.EndOfAsync(running.Id)));
        Assert.Equal((JobState.Succeeded, 1), Of(await restarted.EndOfAsync(waiting.Id)));
        Assert.Equal(Canary, next.Runs.First(run => run.Id == running.Id).Secret);
        Assert.Empty(next.CleanUps);
    }

    [Fact]
    public async Task No_event_id_is_told_twice_though_a_kill_loses_what_was_told_last()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2025, 6, 1, 0, 0, 0, TimeSpan.Zero));
        var handler = TestHandler.Endless();
        await using var killed = await JobsHost.StartAsync(folder, handler, time);
        var job = await killed.StartJobAsync();
        var item = (await handler.StartedAsync()).Progress.Add("sha256:a", "layer", 1000, unpacks: false);
        using var left = folder.Copy();
        for (var bytes = 1; bytes <= 20; bytes++)
        {
            item.Reached(bytes);
            await TickUntilAsync(killed, time, job.Id, seen => seen.Progress?.BytesDone == bytes);
        }

        var last = killed.Get<JobWatcher>().Find(job.Id)!;
        await using var restarted = await JobsHost.StartAsync(left, TestHandler.Endless(), time);
        var running = await restarted.UntilAsync(job.Id, seen => seen.State == JobState.Running);
        Assert.True(running.Sequence < last.Sequence, "what was told and not stored is lost");
        Assert.True(running.EventId > last.EventId);
        Assert.False(running.EventId.Follows(last.EventId));
    }

    [Fact]
    public async Task Many_kills_do_not_use_up_the_attempts()
    {
        using var folders = new Folders();
        var current = folders.Add(new TempFolder());
        string? id = null;
        for (var kill = 0; kill < 8; kill++)
        {
            var handler = TestHandler.Endless();
            await using var host = await JobsHost.StartAsync(current, handler, settings: ("MaxAttempts", "2"));
            id ??= (await host.StartJobAsync()).Id;
            await handler.StartedAsync();
            current = folders.Add(current.Copy());
        }

        await using var last = await JobsHost.StartAsync(current, new TestHandler(), settings: ("MaxAttempts", "2"));
        Assert.Equal((JobState.Succeeded, 9), Of(await last.EndOfAsync(id!)));
    }

    [Fact]
    public async Task Time_that_passes_while_the_gateway_is_down_counts()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2025, 6, 1, 0, 0, 0, TimeSpan.Zero));
        var handler = TestHandler.Endless();
        var host = await JobsHost.StartAsync(folder, handler, time);
        var job = await host.StartJobAsync(timeout: TimeSpan.FromMinutes(5));
        await handler.StartedAsync();
        await host.StopAsync();
        time.Advance(TimeSpan.FromMinutes(10));

        var next = new TestHandler();
        await using var restarted = await JobsHost.StartAsync(folder, next, time);
        var ended = await restarted.EndOfAsync(job.Id);
        Assert.Equal("deadline_exceeded", ended.Error!.Code);
        Assert.Empty(next.Runs);
        Assert.Single(next.CleanUps);
    }

    [Fact]
    public async Task Credentials_cannot_be_found_in_any_file_and_their_seal_is_gone_at_the_end()
    {
        var handler = TestHandler.Endless();
        var host = await JobsHost.StartAsync(folder, handler);
        var job = await host.StartJobAsync(secret: Canary);
        await handler.StartedAsync();
        var seal = host.Queries.Find(job.Id)!.Secret!;
        AssertNotReadable();
        Assert.True(folder.Holds(seal));

        await host.Get<JobCanceler>().CancelAsync(job.Id, TestClock.Limit());
        Assert.Null((await host.EndOfAsync(job.Id)).Secret);
        Assert.Null(host.Queries.Find(job.Id)!.Secret);
        AssertNotReadable();
        await host.StopAsync();
        AssertNotReadable();
        Assert.False(folder.Holds(seal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_job_whose_key_is_lost_or_another_one_fails_instead_of_running_without_credentials(bool lost)
    {
        var handler = TestHandler.Endless();
        var host = await JobsHost.StartAsync(folder, handler);
        var job = await host.StartJobAsync(secret: Canary);
        await handler.StartedAsync();
        await host.StopAsync();
        File.Delete(folder.File("jobs.key"));
        if (!lost)
        {
            await File.WriteAllBytesAsync(folder.File("jobs.key"), new byte[32], TestClock.Limit());
            File.SetUnixFileMode(folder.File("jobs.key"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        var next = new TestHandler();
        await using var restarted = await JobsHost.StartAsync(folder, next);
        var ended = await restarted.EndOfAsync(job.Id);
        Assert.Equal((JobState.Failed, "credentials_unreadable", null), (ended.State, ended.Error!.Code, ended.Secret));
        Assert.Empty(next.Runs);
        Assert.Single(next.CleanUps);
    }

    [Fact]
    public async Task A_second_gateway_on_the_same_store_does_not_start()
    {
        await using var first = await JobsHost.StartAsync(folder, new TestHandler());
        var refused = await Assert.ThrowsAsync<JobStoreException>(() => JobsHost.StartAsync(folder, new TestHandler()));
        Assert.Equal(JobStoreFault.InUse, refused.Fault);
        await first.EndOfAsync((await first.StartJobAsync()).Id);
    }

    [Fact]
    public async Task A_gateway_whose_store_is_damaged_does_not_start()
    {
        await File.WriteAllTextAsync(folder.Database, new string('x', 8192), TestClock.Limit());
        File.SetUnixFileMode(folder.Database, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Equal(JobStoreFault.Damaged, (await Assert.ThrowsAsync<JobStoreException>(() => JobsHost.StartAsync(folder, new TestHandler()))).Fault);
    }

    [Theory]
    [InlineData("MaxRunning", "0")]
    [InlineData("MaxQueued", "-1")]
    [InlineData("MaxAttempts", "21")]
    [InlineData("Retention", "00:00:01")]
    [InlineData("QueueLimit", "00:00:59")]
    [InlineData("QueueLimit", "31.00:00:00")]
    [InlineData("MaxFinished", "0")]
    [InlineData("MaxWatchers", "0")]
    [InlineData("Database", "")]
    public async Task An_option_outside_its_range_stops_the_start(string key, string value) =>
        await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(
            () => JobsHost.StartAsync(folder, new TestHandler(), settings: (key, value)));

    private sealed class Folders : IDisposable
    {
        private readonly List<TempFolder> folders = [];

        public TempFolder Add(TempFolder folder)
        {
            folders.Add(folder);
            return folder;
        }

        public void Dispose() => folders.ForEach(folder => folder.Dispose());
    }

    private static async Task TickUntilAsync(JobsHost host, FakeTimeProvider time, string id, Func<JobRecord, bool> condition)
    {
        var limit = TestClock.Limit();
        while (!condition(host.Get<JobWatcher>().Find(id)!))
        {
            limit.ThrowIfCancellationRequested();
            time.Advance(TimeSpan.FromMilliseconds(250));
            await Task.Yield();
        }
    }

    private static (JobState State, int Attempt) Of(JobRecord job) => (job.State, job.Attempt);

    private void AssertNotReadable()
    {
        var base64 = Convert.ToBase64String(Encoding.UTF8.GetBytes(Canary)).TrimEnd('=');
        foreach (var form in new[] { Canary, base64, Convert.ToHexString(Encoding.UTF8.GetBytes(Canary)), JsonValue.Create(Canary).ToJsonString() })
        {
            Assert.False(folder.Holds(Encoding.UTF8.GetBytes(form)));
        }
    }
}
