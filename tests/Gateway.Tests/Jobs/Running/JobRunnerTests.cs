using System.Text.Json.Nodes;
using Dapper;
using Gateway.Jobs;
using Gateway.Oci;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Jobs.Running;

public sealed class JobRunnerTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2025, 6, 1, 0, 0, 0, TimeSpan.Zero));

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_job_runs_and_keeps_its_result()
    {
        var handler = new TestHandler();
        await using var host = await JobsHost.StartAsync(folder, handler);
        var job = await host.EndOfAsync((await host.StartJobAsync(secret: "token")).Id);
        Assert.Equal((JobState.Succeeded, 1, 100), (job.State, job.Attempt, job.Progress!.Percent));
        Assert.Equal("""{"digest":"sha256:done"}""", job.Result);
        var run = Assert.Single(handler.Runs);
        Assert.Equal((job.Id, "team-a", "token", 1), (run.Id, run.Namespace, run.Secret, run.Attempt));
        Assert.Equal("docker.io/library/alpine:3.20", run.Request.GetProperty("reference").GetString());
        Assert.Empty(handler.CleanUps);
    }

    [Fact]
    public async Task No_more_jobs_run_at_once_than_allowed_and_the_next_begins_when_one_ends()
    {
        var open = new SemaphoreSlim(0);
        var handler = new TestHandler
        {
            OnRun = async (_, cancel) =>
            {
                await open.WaitAsync(cancel);
                return null;
            },
        };
        await using var host = await JobsHost.StartAsync(folder, handler, settings: ("MaxRunning", "2"));
        var jobs = new List<JobRecord>();
        for (var i = 0; i < 4; i++)
        {
            jobs.Add(await host.StartJobAsync());
        }

        await handler.StartedAsync();
        await handler.StartedAsync();
        Assert.Equal(jobs.Take(2).Select(job => job.Id), handler.Runs.Select(run => run.Id).Order());
        Assert.Equal(JobState.Queued, host.Queries.Find(jobs[2].Id)!.State);
        open.Release();
        Assert.Equal(jobs[2].Id, (await handler.StartedAsync()).Id);
        Assert.Equal(JobState.Queued, host.Queries.Find(jobs[3].Id)!.State);
        open.Release(3);
        await host.EndOfAsync(jobs[3].Id);
    }

    [Fact]
    public async Task Long_work_in_every_place_does_not_keep_another_namespace_from_beginning()
    {
        var handler = TestHandler.Endless();
        await using var host = await JobsHost.StartAsync(folder, handler, settings: ("MaxRunning", "1"));
        foreach (var containerdNamespace in new[] { "team-a", "team-a", "team-b", "team-c" })
        {
            await host.StartJobAsync(@namespace: containerdNamespace);
        }

        Assert.Equal(["team-a", "team-b"], [(await handler.StartedAsync()).Namespace, (await handler.StartedAsync()).Namespace]);
        await host.Get<JobCanceler>().CancelAsync(handler.Runs.First().Id, TestClock.Limit());
        Assert.Equal("team-c", (await handler.StartedAsync()).Namespace);
    }

    [Fact]
    public async Task A_failure_that_will_not_pass_ends_the_job_after_its_clean_up()
    {
        var handler = new TestHandler { OnRun = (_, _) => throw new OciException(OciFault.RegistryUnauthorized, "the registry refused") };
        await using var host = await JobsHost.StartAsync(folder, handler);
        var id = "";
        var stateAtCleanUp = JobState.Failed;
        handler.OnCleanUp = (run, _) =>
        {
            stateAtCleanUp = host.Queries.Find(id = run.Id)!.State;
            return Task.CompletedTask;
        };
        var job = await host.EndOfAsync((await host.StartJobAsync()).Id);
        Assert.Equal((JobState.Failed, JobState.Running, job.Id), (job.State, stateAtCleanUp, id));
        Assert.Equal(
            new JobError("/problems/registry_unauthorized", "The registry refused the credentials", 502, "the registry refused", "registry_unauthorized", false),
            job.Error);
        Assert.Single(handler.Runs);
    }

    [Fact]
    public async Task A_failure_that_may_pass_is_tried_again_after_a_wait_and_without_a_clean_up()
    {
        var handler = new TestHandler();
        handler.OnRun = (run, _) => run.Attempt < 3
            ? throw new RpcException(new Status(StatusCode.Unavailable, "down"))
            : Task.FromResult<JsonNode?>(new JsonObject());
        await using var host = await JobsHost.StartAsync(folder, handler, time);
        var started = await host.StartJobAsync(secret: "token");
        var waiting = await host.UntilAsync(started.Id, job => job.NextAttemptAt is not null);
        Assert.Equal((JobState.Queued, "containerd_unavailable", true), (waiting.State, waiting.Error!.Code, waiting.Error.Retryable));
        Assert.InRange(waiting.NextAttemptAt!.Value - time.GetUtcNow(), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(6));
        Assert.Single(handler.Runs);

        await AdvanceToEndAsync(host, started.Id);
        var job = await host.EndOfAsync(started.Id);
        Assert.Equal((JobState.Succeeded, 3, null), (job.State, job.Attempt, job.Error));
        Assert.All(handler.Runs, run => Assert.Equal("token", run.Secret));
        Assert.Empty(handler.CleanUps);
    }

    [Fact]
    public async Task Attempts_come_to_an_end()
    {
        var handler = new TestHandler { OnRun = (_, _) => throw new RpcException(new Status(StatusCode.Unavailable, "down")) };
        await using var host = await JobsHost.StartAsync(folder, handler, time, settings: ("MaxAttempts", "3"));
        var started = await host.StartJobAsync();
        await AdvanceToEndAsync(host, started.Id);
        var job = await host.EndOfAsync(started.Id);
        Assert.Equal((JobState.Failed, "containerd_unavailable", 3), (job.State, job.Error!.Code, handler.Runs.Count));
        Assert.Single(handler.CleanUps);
    }

    [Fact]
    public async Task A_job_that_runs_out_of_its_time_is_stopped_cleaned_up_and_failed()
    {
        var handler = TestHandler.Endless();
        await using var host = await JobsHost.StartAsync(folder, handler, time);
        var started = await host.StartJobAsync(timeout: TimeSpan.FromMinutes(5));
        await handler.StartedAsync();
        time.Advance(TimeSpan.FromMinutes(5));
        var job = await host.EndOfAsync(started.Id);
        Assert.Equal((JobState.Failed, "deadline_exceeded"), (job.State, job.Error!.Code));
        Assert.Single(handler.CleanUps);
    }

    [Fact]
    public async Task Waiting_in_the_queue_does_not_use_up_a_jobs_time()
    {
        var open = new TaskCompletionSource();
        var handler = new TestHandler
        {
            OnRun = async (_, cancel) =>
            {
                await open.Task.WaitAsync(cancel);
                return null;
            },
        };
        await using var host = await JobsHost.StartAsync(folder, handler, time, settings: ("MaxRunning", "1"));
        await host.StartJobAsync();
        await handler.StartedAsync();
        var waiting = await host.StartJobAsync(timeout: TimeSpan.FromMinutes(1));
        time.Advance(TimeSpan.FromMinutes(30));
        open.SetResult();
        Assert.Equal(JobState.Succeeded, (await host.EndOfAsync(waiting.Id)).State);
    }

    [Fact]
    public async Task A_job_of_a_kind_that_is_gone_fails_and_says_so()
    {
        await using (var host = await JobsHost.StartAsync(folder, TestHandler.Endless()))
        {
            await host.StartJobAsync();
        }

        await using var next = await JobsHost.StartAsync(folder, new TestHandler("other.kind"));
        var job = await next.EndOfAsync(next.Queries.List(new JobFilter(JobsHost.Alice.Subject, []), 1)[0].Id);
        Assert.Equal(JobState.Failed, job.State);
        Assert.Contains(TestHandler.DefaultKind, job.Error!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_defect_of_a_handler_does_not_end_the_runner()
    {
        var handler = new TestHandler { OnRun = (_, _) => throw new InvalidOperationException("/var/lib/containerd/secret path") };
        await using var host = await JobsHost.StartAsync(folder, handler);
        var failed = await host.EndOfAsync((await host.StartJobAsync()).Id);
        Assert.Equal("internal_error", failed.Error!.Code);
        Assert.DoesNotContain("/var/lib", failed.Error.Detail, StringComparison.Ordinal);
        handler.OnRun = (_, _) => Task.FromResult<JsonNode?>(null);
        Assert.Equal(JobState.Succeeded, (await host.EndOfAsync((await host.StartJobAsync()).Id)).State);
    }

    [Fact]
    public async Task Progress_is_told_while_the_job_runs_and_kept_where_a_crash_leaves_it()
    {
        var handler = new TestHandler
        {
            OnRun = (run, cancel) =>
            {
                var layer = run.Progress.Add("sha256:abc", "layer", 1000, unpacks: false);
                run.Progress.Enter(JobPhase.Downloading);
                layer.State = ItemState.Downloading;
                layer.Reached(400);
                return TestHandler.ForEver(run, cancel);
            },
        };
        await using var host = await JobsHost.StartAsync(folder, handler);
        var started = await host.StartJobAsync();
        var seen = await host.UntilAsync(started.Id, job => job.Progress is { Percent: 40 });
        Assert.Equal((JobPhase.Downloading, 400L, 1000L), (seen.Progress!.Phase, seen.Progress.BytesDone, seen.Progress.BytesTotal));
        Assert.Equal(new ProgressItemView("sha256:abc", "layer", ItemState.Downloading, 400, 1000), Assert.Single(seen.Progress.Items));
        var limit = TestClock.Limit();
        while (host.Queries.Find(started.Id)!.Progress is not { Percent: 40 })
        {
            limit.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    [Fact]
    public async Task A_result_is_stored_again_and_again_until_the_disk_takes_it()
    {
        var handler = new TestHandler();
        await using var host = await JobsHost.StartAsync(folder, handler, time);
        handler.OnRun = async (_, _) =>
        {
            await LimitPagesAsync(host, 0);
            return new JsonObject { ["big"] = new string('x', 1_000_000) };
        };
        var started = await host.StartJobAsync();
        await host.Logs.UntilAsync("could not be stored");
        Assert.Equal(JobState.Running, host.Queries.Find(started.Id)!.State);
        await LimitPagesAsync(host, 100_000);
        await AdvanceToEndAsync(host, started.Id);
        Assert.Equal(JobState.Succeeded, host.Queries.Find(started.Id)!.State);
        Assert.Single(handler.Runs);
    }

    /// <summary>A full disk for the store: no page more than it has, or the given number.</summary>
    private static Task<int> LimitPagesAsync(JobsHost host, int pages) => host.Get<JobDatabase>().WriteAsync(
        connection => connection.Execute($"PRAGMA max_page_count = {Math.Max(pages, connection.ExecuteScalar<int>("PRAGMA page_count"))}"), TestClock.Limit());

    /// <summary>Lets the clock run, second by second, until the job has ended.</summary>
    private async Task AdvanceToEndAsync(JobsHost host, string id)
    {
        var limit = TestClock.Limit();
        while (!host.Queries.Find(id)!.State.IsFinal())
        {
            limit.ThrowIfCancellationRequested();
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
    }
}
