using System.Net;
using System.Text.Json.Nodes;
using Dapper;
using Gateway.Jobs;
using Microsoft.Data.Sqlite;

namespace Gateway.Tests.Jobs;

/// <summary>The store cannot be written for a while: requests are told so, reads go on, a job that runs comes to its one end.</summary>
public sealed class JobStoreOutageTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Requests_get_503_while_it_is_locked_or_read_only_and_the_running_job_its_one_end_afterwards(bool locked)
    {
        var done = new TaskCompletionSource();
        var handler = new TestHandler
        {
            OnRun = async (_, cancel) =>
            {
                await done.Task.WaitAsync(cancel);
                return new JsonObject();
            },
        };
        await using var host = await JobsHost.StartAsync(folder, handler);
        using var client = host.Client();
        var job = await host.StartJobAsync();
        await handler.StartedAsync();
        await using (await BeginAsync(host, locked))
        {
            using var refused = await client.PostAsync("/v1/work", null, TestClock.Limit());
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.Contains("job_store_unavailable", await refused.Content.ReadAsStringAsync(TestClock.Limit()), StringComparison.Ordinal);
            Assert.True(refused.Headers.RetryAfter!.Delta > TimeSpan.Zero);
            done.SetResult();
            Assert.Equal("running", (await host.GetAsync($"/v1/jobs/{job.Id}")).GetProperty("state").GetString());
            if (!locked)
            {
                await host.Logs.UntilAsync("could not be stored");
            }
        }

        Assert.Equal(JobState.Succeeded, (await host.EndOfAsync(job.Id)).State);
        using var taken = await client.PostAsync("/v1/work", null, TestClock.Limit());
        Assert.Equal(HttpStatusCode.Accepted, taken.StatusCode);
        await handler.StartedAsync();
        Assert.Equal(2, handler.Runs.Count);
        Assert.Equal(1, host.Logs.Count($"Job {job.Id} ({TestHandler.DefaultKind}) ended"));
    }

    private async Task<IAsyncDisposable> BeginAsync(JobsHost host, bool locked)
    {
        if (!locked)
        {
            // Kept for its end: none gets it from the store while it takes no writes.
            var writer = await host.Get<JobDatabase>().WriteAsync(connection => connection, TestClock.Limit());
            writer.Execute("PRAGMA query_only = ON");
            return new End(() => writer.Execute("PRAGMA query_only = OFF"));
        }

        var shell = new SqliteConnection($"Data Source={folder.Database};Pooling=false");
        shell.Open();
        shell.Execute("BEGIN IMMEDIATE");
        return shell;
    }

    private sealed class End(Action end) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            end();
            return ValueTask.CompletedTask;
        }
    }
}
