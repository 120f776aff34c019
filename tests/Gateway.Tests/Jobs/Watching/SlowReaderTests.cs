using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Gateway.Jobs;
using Gateway.Tests.Jobs.Running;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Jobs.Watching;

/// <summary>Readers of events over real connections, one of which takes nothing.</summary>
public sealed class SlowReaderTests : IDisposable
{
    /// <summary>A state of so many items has some 300 kB: the system's own buffers for a connection are full after a few.</summary>
    private const int Items = 2000;

    private readonly TempFolder folder = new();
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2025, 6, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly TaskCompletionSource finish = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_reader_that_takes_nothing_is_cut_off_with_its_reason_in_the_log_and_its_neighbour_is_not_disturbed()
    {
        var handler = new TestHandler
        {
            OnRun = async (_, cancel) =>
            {
                await finish.Task.WaitAsync(cancel);
                return null;
            },
        };
        await using var host = await JobsHost.StartAsync(folder, handler, time, kestrel: true);
        using var metrics = new Measurements(host.Get<IMeterFactory>());
        var job = await host.StartJobAsync();
        var progress = (await handler.StartedAsync()).Progress;
        for (var item = 0; item < Items; item++)
        {
            progress.Add($"sha256:{item:x64}", "layer", 1000, unpacks: false);
        }

        var moving = progress.Add("sha256:moving", "layer", 1_000_000, unpacks: false);
        using var stuck = await OpenStuckAsync(host, job.Id);
        using var client = host.Client();
        using var neighbour = new StreamReader(await client.GetStreamAsync($"/v1/jobs/{job.Id}/events", TestClock.Limit()));
        Assert.Equal(2, host.Get<JobHub>().Watchers);

        for (var bytes = 1; !host.Logs.Contain("is cut off"); bytes++)
        {
            moving.Reached(bytes);
            await TickUntilAsync(ReadUntilAsync(neighbour, bytes));
        }

        await LeftAsync(host);
        Assert.True(host.Logs.Contain($"Warning A reader of the events of job {job.Id} took nothing for 10 s and is cut off"));
        Assert.Equal(1, metrics.Sum("readers_cut_off"));
        finish.SetResult();
        Assert.Contains("event: succeeded\n", await neighbour.ReadToEndAsync(TestClock.Limit()), StringComparison.Ordinal);
        Assert.DoesNotContain("succeeded", await RestAsync(stuck), StringComparison.Ordinal);
        Assert.Equal(1, metrics.Sum("readers_cut_off"));
    }

    private static async Task<Socket> OpenStuckAsync(JobsHost host, string id)
    {
        var address = host.Client().BaseAddress!;
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(IPAddress.Loopback, address.Port, TestClock.Limit());
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET /v1/jobs/{id}/events HTTP/1.1\r\nHost: x\r\nX-Subject: key:alice\r\n\r\n"), TestClock.Limit());
        while (host.Get<JobHub>().Watchers is 0)
        {
            await Task.Delay(10, TestClock.Limit());
        }

        return socket;
    }

    private static async Task ReadUntilAsync(StreamReader reader, long bytesDone)
    {
        while (await reader.ReadLineAsync(TestClock.Limit()) is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal)
                && JsonElement.Parse(line["data: ".Length..]).GetProperty("progress") is { ValueKind: JsonValueKind.Object } progress
                && progress.GetProperty("bytesDone").GetInt64() == bytesDone)
            {
                return;
            }
        }

        Assert.Fail("the neighbour's stream ended");
    }

    /// <summary>A second passes for each state that the neighbour takes; more only where a tick met nobody who waited for it.</summary>
    private async Task TickUntilAsync(Task read)
    {
        while (!read.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(read, Task.Delay(TimeSpan.FromSeconds(1), TestClock.Limit()));
        }

        await read;
    }

    private static async Task LeftAsync(JobsHost host)
    {
        while (host.Get<JobHub>().Watchers > 1)
        {
            await Task.Delay(10, TestClock.Limit());
        }
    }

    /// <summary>What the system still holds for the reader, up to the end of its connection.</summary>
    private static async Task<string> RestAsync(Socket socket)
    {
        var (text, buffer) = (new StringBuilder(), new byte[64 * 1024]);
        try
        {
            while (await socket.ReceiveAsync(buffer, TestClock.Limit()) is > 0 and var read)
            {
                text.Append(Encoding.UTF8.GetString(buffer, 0, read));
            }
        }
        catch (SocketException)
        {
            // A reset is an end too.
        }

        return text.ToString();
    }
}
