using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Pull;

/// <summary>A pull followed by many at once, and over kills of the gateway. The registry gives the layer as fast as the test wants.</summary>
public sealed class FollowPullTests
{
    private const string Ns = "follow";
    private const int Watchers = 2000;

    /// <summary>Resident memory that a watcher may cost the gateway: its connection, its request, and the buffers of what is on its way.</summary>
    private const long BytesPerWatcher = 64 * 1024;

    private static readonly TestImage Image = TestImage.Of(Layer.Random(30_000_000, 1), Layer.Random(10_000, 2));

    [Fact]
    public async Task Two_thousand_watchers_of_one_pull_each_get_its_progress_and_one_end_and_cost_little_memory()
    {
        await using var node = await Node.StartAsync(Versions.Oldest, new Dictionary<string, string?> { ["Jobs__MaxWatchers"] = "3000" });
        await using var registry = await ScriptedRegistry.StartAsync();
        var tap = new Tap(registry, Image.Layers[0].Digest);
        var id = (string)(await node.Api.StartPullAsync(Ns, new { reference = registry.Add("acme/app:1", Image) }))["id"]!;
        await using (var first = await JobWatchers.OpenAsync(node.Gateway, id, 50))
        {
            tap.Step();
            await first.AllHaveAsync(2);
        }

        var before = node.Gateway.MemoryBytes;
        await using var watchers = await JobWatchers.OpenAsync(node.Gateway, id, Watchers);
        await watchers.AllHaveAsync(1);
        await StepsAsync(3);
        var opened = node.Gateway.MemoryBytes;
        await StepsAsync(9);
        var later = node.Gateway.MemoryBytes;
        tap.Open();
        var ends = await watchers.EndsAsync();

        Assert.All(ends, events => Assert.Equal("succeeded", Assert.Single(events, name => name is not "progress")));
        Assert.All(ends, events => Assert.Equal("succeeded", events[^1]));
        Assert.True(opened - before < Watchers * BytesPerWatcher, $"{(opened - before) / Watchers} bytes a watcher");
        Assert.True(later - before < Watchers * BytesPerWatcher, $"{(later - before) / Watchers} bytes a watcher after further events");

        async Task StepsAsync(int steps)
        {
            for (var step = 0; step < steps; step++)
            {
                var seen = watchers.FewestEvents;
                tap.Step();
                await watchers.AllHaveAsync(seen + 1);
            }
        }
    }

    [Fact]
    public async Task Client_that_resumes_over_kills_of_the_gateway_gets_no_event_twice_all_in_order_and_one_end()
    {
        var random = new Random(20250601);
        await using var node = await Node.StartAsync(Versions.Oldest);
        await using var registry = await ScriptedRegistry.StartAsync();
        var tap = new Tap(registry, Image.Layers[0].Digest);
        tap.Drip();
        var id = (string)(await node.Api.StartPullAsync(Ns, new { reference = registry.Add("acme/app:1", Image) }))["id"]!;
        var events = new List<(string Id, string Event, JsonObject Data)>();
        for (var kill = 0; kill < 3; kill++)
        {
            await FollowAsync(node, id, events, atMost: random.Next(1, 7));
            await Task.Delay(random.Next(300));
            await node.Gateway.KillAsync();
            await node.Gateway.StartAsync();
        }

        tap.Open();
        await FollowAsync(node, id, events, atMost: int.MaxValue);

        var told = events.Where(one => one.Event is not "gap").ToList();
        var ids = told.Select(one => Parse(one.Id)).ToList();
        Assert.Equal(ids.Order().Distinct(), ids);
        Assert.Equal("succeeded", Assert.Single(told, one => one.Event is not "progress").Event);
        Assert.Equal("succeeded", told[^1].Event);
        var gaps = events.Index().Where(one => one.Item.Event is "gap").ToList();
        Assert.NotEmpty(gaps);
        Assert.All(gaps, gap => Assert.Equal(
            (events[gap.Index - 1].Id, events[gap.Index + 1].Id), ((string?)gap.Item.Data["after"], (string?)gap.Item.Data["next"])));
        Assert.Equal(HttpStatusCode.NoContent, (await node.Api.SendAsync(HttpMethod.Get, $"/v1/jobs/{id}/events", null, ("Last-Event-ID", told[^1].Id))).Status);
    }

    /// <summary>Follows as a client does that has had the events so far.</summary>
    private static async Task FollowAsync(Node node, string id, List<(string Id, string Event, JsonObject Data)> events, int atMost)
    {
        var last = events.Count > 0 ? events[^1].Id : null;
        await foreach (var one in node.Api.EventsAsync(id, last))
        {
            events.Add(one);
            if (one.Event is not "gap" && --atMost <= 0)
            {
                return;
            }
        }
    }

    private static (long Epoch, long Sequence) Parse(string id) => id.Split('-') is [var epoch, var sequence]
        ? (long.Parse(epoch, CultureInfo.InvariantCulture), long.Parse(sequence, CultureInfo.InvariantCulture))
        : throw new FormatException(id);
}
