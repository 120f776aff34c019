using Gateway.Oci;
using Gateway.Oci.Registry;
using Gateway.Tests.Jobs;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Oci.Registry;

public sealed class HostCircuitsTests : IDisposable
{
    private readonly RegistryTrial trial = new();
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2025, 6, 1, 0, 0, 0, TimeSpan.Zero));

    public void Dispose() => trial.Dispose();

    [Fact]
    public async Task Host_that_keeps_failing_is_left_alone_by_all_its_repositories()
    {
        await using var server = await ScriptedServer.StartAsync(context => context.SendStatus(500));
        var client = trial.Client(time, attempts: 1);
        await FailAsync(client, server, HostCircuits.LeastTries);

        time.Advance(TimeSpan.FromSeconds(5));
        var fault = await Assert.ThrowsAsync<OciException>(() => Of(client, server, "acme/other").ResolveAsync(TestClock.Limit()));

        Assert.Equal((OciFault.RegistryUnavailable, TimeSpan.FromSeconds(10)), (fault.Fault, fault.RetryAfter));
        Assert.Contains(server.Authority, fault.Message, StringComparison.Ordinal);
        Assert.Equal(HostCircuits.LeastTries, server.Seen.Count);
    }

    [Fact]
    public async Task Request_ends_at_once_where_the_host_is_left_alone_and_does_not_wait_for_it_itself()
    {
        await using var server = await ScriptedServer.StartAsync(context => context.SendStatus(500));
        var client = trial.Client(time, attempts: 5);

        for (var request = 0; request < 5; request++)
        {
            await Assert.ThrowsAsync<OciException>(() => Of(client, server).ResolveAsync(TestClock.Limit()));
        }

        Assert.Equal(HostCircuits.LeastTries, server.Seen.Count);
    }

    [Fact]
    public async Task Answer_that_asks_for_patience_counts_as_a_failure()
    {
        await using var server = await ScriptedServer.StartAsync(context => context.SendStatus(503, "", ("Retry-After", "600")));
        var client = trial.Client(time, attempts: 1);
        await FailAsync(client, server, HostCircuits.LeastTries);

        await FailAsync(client, server, 1);

        Assert.Equal(HostCircuits.LeastTries, server.Seen.Count);
    }

    [Theory]
    [InlineData(404)]
    [InlineData(403)]
    [InlineData(429)] // perhaps of one caller alone
    public async Task Answers_that_are_final_or_about_the_caller_are_no_failures_of_the_host(int status)
    {
        await using var server = await ScriptedServer.StartAsync(context => context.SendStatus(status));
        var client = trial.Client(time, attempts: 1);

        await FailAsync(client, server, HostCircuits.LeastTries + 10);

        Assert.Equal(HostCircuits.LeastTries + 10, server.Seen.Count);
    }

    [Fact]
    public async Task Fewer_failures_than_successes_open_nothing()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Script = context => server.Seen.Count % 3 is 0 ? context.SendStatus(500) : context.SendManifest();
        var client = trial.Client(time, attempts: 2);

        for (var request = 0; request < 40; request++)
        {
            await Of(client, server).ResolveAsync(TestClock.Limit());
        }
    }

    [Fact]
    public async Task Other_hosts_are_not_affected()
    {
        await using var bad = await ScriptedServer.StartAsync(context => context.SendStatus(500));
        await using var good = await ScriptedServer.StartAsync(context => context.SendManifest());
        var client = trial.Client(time, attempts: 1);
        await FailAsync(client, bad, HostCircuits.LeastTries + 1);

        Assert.Equal(Answers.Manifest.Digest, (await Of(client, good).ResolveAsync(TestClock.Limit())).Digest);
    }

    [Fact]
    public async Task After_the_break_one_request_is_let_through_and_its_success_lets_all_in()
    {
        await using var server = await ScriptedServer.StartAsync(context => context.SendStatus(500));
        var client = trial.Client(time, attempts: 1);
        await FailAsync(client, server, HostCircuits.LeastTries);
        var (arrived, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        server.Script = async context =>
        {
            arrived.TrySetResult();
            await answer.Task;
            await context.SendManifest();
        };

        time.Advance(HostCircuits.Break);
        var first = Of(client, server).ResolveAsync(TestClock.Limit());
        await arrived.Task.WaitAsync(TestClock.Limit());
        var meanwhile = await Assert.ThrowsAsync<OciException>(() => Of(client, server).ResolveAsync(TestClock.Limit()));
        answer.SetResult();
        await first;
        await Of(client, server).ResolveAsync(TestClock.Limit());

        Assert.Equal(HostCircuits.ProbeWait, meanwhile.RetryAfter);
        Assert.Equal(HostCircuits.LeastTries + 2, server.Seen.Count);
    }

    [Fact]
    public async Task After_the_break_a_failure_begins_the_next_one()
    {
        await using var server = await ScriptedServer.StartAsync(context => context.SendStatus(500));
        var client = trial.Client(time, attempts: 1);
        await FailAsync(client, server, HostCircuits.LeastTries);

        time.Advance(HostCircuits.Break);
        await FailAsync(client, server, 5);

        Assert.Equal(HostCircuits.LeastTries + 1, server.Seen.Count);
    }

    [Fact]
    public async Task Job_that_meets_a_host_left_alone_waits_for_it_and_ends_well()
    {
        await using var server = await ScriptedServer.StartAsync(context => context.SendStatus(500));
        var client = trial.Client(time, attempts: 1);
        await FailAsync(client, server, HostCircuits.LeastTries);
        server.Script = context => context.SendManifest();
        using var folder = new TempFolder();
        var handler = new TestHandler
        {
            OnRun = async (_, cancel) =>
            {
                await Of(client, server).ResolveAsync(cancel);
                return null;
            },
        };
        await using var host = await JobsHost.StartAsync(folder, handler, time);
        var job = await host.StartJobAsync();

        var waiting = await host.UntilAsync(job.Id, seen => seen is { State: Gateway.Jobs.JobState.Queued, Error: not null });
        Assert.Equal("registry_unavailable", waiting.Error!.Code);
        Assert.True(waiting.NextAttemptAt >= time.GetUtcNow() + HostCircuits.Break);
        Assert.Equal(HostCircuits.LeastTries, server.Seen.Count);

        var end = host.EndOfAsync(job.Id);
        while (!end.IsCompleted)
        {
            // Again where the queue had looked at the clock right before it moved.
            time.Advance(HostCircuits.Break + TimeSpan.FromSeconds(2));
            await Task.WhenAny(end, Task.Delay(TimeSpan.FromSeconds(1), TestClock.Limit()));
        }

        Assert.Equal(Gateway.Jobs.JobState.Succeeded, (await end).State);
    }

    private static Repository Of(RegistryClient client, ScriptedServer server, string repository = "acme/app") =>
        client.Open(ImageReference.Parse($"{server.Authority}/{repository}:1"), null);

    private static async Task FailAsync(RegistryClient client, ScriptedServer server, int times)
    {
        for (var request = 0; request < times; request++)
        {
            await Assert.ThrowsAsync<OciException>(() => Of(client, server).ResolveAsync(TestClock.Limit()));
        }
    }
}
