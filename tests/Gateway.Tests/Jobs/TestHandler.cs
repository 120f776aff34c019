using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Gateway.Jobs;

namespace Gateway.Tests.Jobs;

/// <summary>A handler that does what the test says, and tells the test when it was called.</summary>
internal sealed class TestHandler(string kind = TestHandler.DefaultKind) : IJobHandler
{
    public const string DefaultKind = "test.work";

    private readonly Channel<JobRun> started = Channel.CreateUnbounded<JobRun>();

    public string Kind => kind;

    public Func<JobRun, CancellationToken, Task<JsonNode?>> OnRun { get; set; } =
        (_, _) => Task.FromResult<JsonNode?>(new JsonObject { ["digest"] = "sha256:done" });

    public Func<JobRun, CancellationToken, Task> OnCleanUp { get; set; } = (_, _) => Task.CompletedTask;

    public ConcurrentQueue<JobRun> Runs { get; } = new();

    public ConcurrentQueue<JobRun> CleanUps { get; } = new();

    /// <summary>Runs until it is told to stop.</summary>
    public static TestHandler Endless() => new() { OnRun = ForEver };

    public static async Task<JsonNode?> ForEver(JobRun run, CancellationToken cancel)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, cancel);
        return null;
    }

    /// <summary>The next call of the handler.</summary>
    public async Task<JobRun> StartedAsync() => await started.Reader.ReadAsync(TestClock.Limit());

    public async Task<JsonNode?> RunAsync(JobRun job, CancellationToken cancel)
    {
        Runs.Enqueue(job);
        started.Writer.TryWrite(job);
        return await OnRun(job, cancel);
    }

    public async Task CleanUpAsync(JobRun job, CancellationToken cancel)
    {
        CleanUps.Enqueue(job);
        await OnCleanUp(job, cancel);
    }
}
