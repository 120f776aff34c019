using System.Net.Http.Headers;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Pull;

/// <summary>Many streams of the events of one job, each on a connection of its own. Of an event only its name is kept.</summary>
internal sealed class JobWatchers : IAsyncDisposable
{
    private const int OpenedAtOnce = 100;

    private readonly HttpClient http;
    private readonly List<string>[] events;
    private readonly List<HttpResponseMessage> answers = [];
    private readonly List<Task> reading = [];

    private JobWatchers(GatewayProcess gateway, int count)
    {
        http = new HttpClient { BaseAddress = gateway.Url, Timeout = TimeSpan.FromMinutes(2) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", GatewayProcess.Key);
        events = [.. Enumerable.Range(0, count).Select(_ => new List<string>())];
    }

    public int FewestEvents => events.Min(CountOf);

    /// <summary>Opens them all; returns once each has its headers.</summary>
    public static async Task<JobWatchers> OpenAsync(GatewayProcess gateway, string id, int count)
    {
        var watchers = new JobWatchers(gateway, count);
        foreach (var some in watchers.events.Chunk(OpenedAtOnce))
        {
            var opened = await Task.WhenAll(some.Select(_ => watchers.http.GetAsync($"/v1/jobs/{id}/events", HttpCompletionOption.ResponseHeadersRead)));
            watchers.answers.AddRange(opened);
            watchers.reading.AddRange(opened.Zip(some, ReadAsync));
        }

        return watchers;
    }

    public Task AllHaveAsync(int count) => Wait.UntilAsync(() => FewestEvents >= count, $"each watcher has {count} events");

    /// <summary>What each had, once each stream is over.</summary>
    public async Task<IReadOnlyList<IReadOnlyList<string>>> EndsAsync()
    {
        await Task.WhenAll(reading).WaitAsync(TimeSpan.FromMinutes(1));
        return events;
    }

    public async ValueTask DisposeAsync()
    {
        answers.ForEach(answer => answer.Dispose());
        http.Dispose();
        await Task.WhenAll(reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task ReadAsync(HttpResponseMessage answer, List<string> events)
    {
        using var reader = new StreamReader(await answer.EnsureSuccessStatusCode().Content.ReadAsStreamAsync());
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal))
            {
                lock (events)
                {
                    events.Add(string.Intern(line["event: ".Length..]));
                }
            }
        }
    }

    private static int CountOf(List<string> events)
    {
        lock (events)
        {
            return events.Count;
        }
    }
}
