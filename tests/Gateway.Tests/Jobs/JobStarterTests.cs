using System.Diagnostics;
using Gateway.Auth;
using Gateway.Http;
using Gateway.Jobs;

namespace Gateway.Tests.Jobs;

public sealed class JobStarterTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Fifty_requests_for_the_same_work_at_once_get_one_job_that_runs_once()
    {
        var handler = TestHandler.Endless();
        await using var host = await JobsHost.StartAsync(folder, handler);
        using var start = new Barrier(50);
        var jobs = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait(TestClock.Limit());
                return host.StartJobAsync(key: "alpine");
            },
            TestClock.Limit(), TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()));
        Assert.Single(jobs.Select(job => job.Id).Distinct());
        await handler.StartedAsync();
        await host.Get<JobCanceler>().CancelAsync(jobs[0].Id, TestClock.Limit());
        await host.EndOfAsync(jobs[0].Id);
        Assert.Single(handler.Runs);
    }

    [Fact]
    public async Task The_same_work_of_another_caller_is_a_job_of_its_own()
    {
        await using var host = await JobsHost.StartAsync(folder, TestHandler.Endless());
        var alices = await host.StartJobAsync(key: "alpine");
        var bobs = await host.StartJobAsync(key: "alpine", caller: new Caller("key:bob", []));
        Assert.NotEqual(alices.Id, bobs.Id);
    }

    [Fact]
    public async Task A_job_is_in_the_store_when_it_is_returned()
    {
        await using var host = await JobsHost.StartAsync(folder, TestHandler.Endless());
        var job = await host.StartJobAsync(secret: "token");
        using var left = folder.Copy();
        using var database = JobDatabase.Open(left.Database);
        Assert.Equal(job.Id, new JobQueries(database).Find(job.Id)!.Id);
    }

    [Fact]
    public async Task More_than_the_queue_holds_is_refused_with_the_time_to_come_back()
    {
        var handler = TestHandler.Endless();
        await using var host = await JobsHost.StartAsync(folder, handler, settings: [("MaxRunning", "1"), ("MaxQueued", "2")]);
        await host.StartJobAsync();
        await handler.StartedAsync();
        await host.StartJobAsync();
        await host.StartJobAsync();
        var refused = await Assert.ThrowsAsync<ProblemException>(() => host.StartJobAsync());
        Assert.Equal(("too_many_requests", true), (refused.Kind.Code, refused.RetryAfter > TimeSpan.Zero));
    }

    [Theory]
    [InlineData("Limits:QueuedJobsPerSubject", "key:bob", "team-a")]
    [InlineData("Limits:QueuedJobsPerNamespace", "key:alice", "team-b")]
    public async Task More_than_one_caller_or_one_namespace_may_have_waiting_is_refused_and_others_are_not(string limit, string subject, string containerdNamespace)
    {
        var handler = TestHandler.Endless();
        await using var host = await JobsHost.StartAsync(folder, handler, settings: [("MaxRunning", "1"), (limit, "2")]);
        await host.StartJobAsync();
        await handler.StartedAsync();
        await host.StartJobAsync();
        await host.StartJobAsync();
        var refused = await Assert.ThrowsAsync<ProblemException>(() => host.StartJobAsync());
        Assert.Equal(("too_many_requests", true), (refused.Kind.Code, refused.RetryAfter > TimeSpan.Zero));
        await host.StartJobAsync(caller: new Caller(subject, []), @namespace: containerdNamespace);
    }

    [Fact]
    public async Task One_namespace_has_so_many_running_and_the_next_begins_when_one_ends()
    {
        await using var host = await JobsHost.StartAsync(folder, TestHandler.Endless(), settings: [("Limits:RunningJobsPerNamespace", "1")]);
        var first = await host.StartJobAsync();
        var second = await host.StartJobAsync();
        foreach (var other in new[] { "team-b", "team-c" })
        {
            var elsewhere = await host.StartJobAsync(@namespace: other);
            await host.UntilAsync(elsewhere.Id, job => job.State is JobState.Running);
        }

        Assert.Equal((JobState.Running, JobState.Queued), (host.Queries.Find(first.Id)!.State, host.Queries.Find(second.Id)!.State));
        await host.Get<JobCanceler>().CancelAsync(first.Id, TestClock.Limit());
        await host.UntilAsync(second.Id, job => job.State is JobState.Running);
    }

    [Fact]
    public async Task One_caller_has_so_many_running_wherever_they_are_and_the_next_begins_when_one_ends()
    {
        await using var host = await JobsHost.StartAsync(folder, TestHandler.Endless(), settings: [("Limits:RunningJobsPerSubject", "2")]);
        var first = await host.StartJobAsync();
        var second = await host.StartJobAsync(@namespace: "team-b");
        var third = await host.StartJobAsync(@namespace: "team-c");
        var other = await host.StartJobAsync(caller: new Caller("key:bob", []), @namespace: "team-c");
        await host.UntilAsync(second.Id, job => job.State is JobState.Running);
        await host.UntilAsync(other.Id, job => job.State is JobState.Running);

        Assert.Equal((JobState.Running, JobState.Queued), (host.Queries.Find(first.Id)!.State, host.Queries.Find(third.Id)!.State));
        await host.Get<JobCanceler>().CancelAsync(first.Id, TestClock.Limit());
        await host.UntilAsync(third.Id, job => job.State is JobState.Running);
    }

    [Fact]
    public async Task A_gateway_that_shuts_down_takes_no_work()
    {
        await using var host = await JobsHost.StartAsync(folder, TestHandler.Endless());
        host.BeginShutdown();
        Assert.Equal("shutting_down", (await Assert.ThrowsAsync<ProblemException>(() => host.StartJobAsync())).Kind.Code);
    }

    [Fact]
    public async Task Work_that_nobody_can_do_is_a_defect_of_the_feature_that_starts_it()
    {
        await using var host = await JobsHost.StartAsync(folder, new TestHandler("other.kind"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartJobAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(30)]
    public async Task A_time_limit_that_no_timer_can_hold_is_a_defect_too(int days)
    {
        await using var host = await JobsHost.StartAsync(folder, new TestHandler());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => host.StartJobAsync(timeout: TimeSpan.FromDays(days)));
    }

    [Fact]
    public async Task A_job_belongs_to_the_trace_of_its_request_and_links_to_it()
    {
        var spans = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == JobTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Add,
        };
        ActivitySource.AddActivityListener(listener);
        Activity? inHandler = null;
        var handler = new TestHandler
        {
            OnRun = (_, _) =>
            {
                inHandler = Activity.Current;
                return Task.FromResult<System.Text.Json.Nodes.JsonNode?>(null);
            },
        };
        await using var host = await JobsHost.StartAsync(folder, handler);
        using var request = new Activity("request").Start();
        request.TraceStateString = "vendor=1";
        var job = await host.EndOfAsync((await host.StartJobAsync()).Id);
        await host.StopAsync();

        var span = Assert.Single(spans, span => span.TraceId == request.TraceId);
        Assert.Equal(($"job {TestHandler.DefaultKind}", request.SpanId), (span.DisplayName, span.ParentSpanId));
        Assert.Equal(request.SpanId, Assert.Single(span.Links).Context.SpanId);
        Assert.Equal(("vendor=1", job.Id), (span.TraceStateString, span.GetTagItem("gateway.job.id")));
        Assert.Same(span, inHandler);
        Assert.Equal(request.TraceId.ToHexString(), JobView.From(job).TraceId);
    }

    [Fact]
    public async Task Without_a_trace_a_job_gets_its_own_and_its_handler_carries_it()
    {
        Activity.Current = null;
        string? inHandler = null;
        var handler = new TestHandler
        {
            OnRun = (_, _) =>
            {
                inHandler = Activity.Current?.TraceId.ToHexString();
                return Task.FromResult<System.Text.Json.Nodes.JsonNode?>(null);
            },
        };
        await using var host = await JobsHost.StartAsync(folder, handler);
        var job = await host.EndOfAsync((await host.StartJobAsync()).Id);
        Assert.Matches("\\A[0-9a-f]{32}\\z", JobView.From(job).TraceId);
        Assert.Equal(JobView.From(job).TraceId, inHandler);
    }
}
