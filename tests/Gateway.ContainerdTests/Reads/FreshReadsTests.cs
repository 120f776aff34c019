using Gateway.Containerd;
using Gateway.ContainerdTests.Survival;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Reads;

/// <summary>
/// Every answer holds every change that was acknowledged before the question, whoever made it. 100,000 reads ask in the long form of the campaign.
/// </summary>
public sealed class FreshReadsTests(Nodes nodes)
{
    private const int Readers = 8;

    private static readonly long Reads = Campaign.IsLong ? 100_000 : 20_000;

    // Each of them asks containerd.
    private static readonly long ReadsUnseen = Campaign.IsLong ? Reads : Reads / 20;

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task No_read_is_stale_while_images_change(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("fresh");
        Assert.Equal(0, await StaleAsync(node, ns, Reads, pause: TimeSpan.FromMilliseconds(25)));
        Assert.Null(await ReasonAsync(node));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task No_read_is_stale_while_images_change_as_fast_as_they_can(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("racy");
        Assert.Equal(0, await StaleAsync(node, ns, Reads / 10, pause: TimeSpan.Zero));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task No_read_is_stale_where_the_database_cannot_be_seen(string version)
    {
        await using var node = await Node.StartAsync(version);
        await using var hidden = await HiddenDatabase.HideAsync(node.Containerd, withCopy: false);
        await using var ns = node.Containerd.NewNamespace("hidden");
        Assert.Equal(0, await StaleAsync(node, ns, ReadsUnseen, pause: TimeSpan.FromMilliseconds(10)));
        Assert.Contains("cannot be opened", await ReasonAsync(node));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task No_read_is_stale_where_another_file_stands_in_the_databases_place(string version)
    {
        await using var node = await Node.StartAsync(version);
        // A copy that another process holds locked is the most it can look like it.
        await using var hidden = await HiddenDatabase.HideAsync(node.Containerd, withCopy: true);
        await using var ns = node.Containerd.NewNamespace("copy");
        Assert.Equal(0, await StaleAsync(node, ns, ReadsUnseen, pause: TimeSpan.FromMilliseconds(10)));
        Assert.Contains("not proven", await ReasonAsync(node));
    }

    [Fact]
    public async Task Reading_from_memory_can_be_switched_off()
    {
        await using var node = await Node.StartAsync(Versions.All[0], new Dictionary<string, string?> { ["Containerd__ReadFromMemory"] = "false" });
        Assert.Contains("switched off", await ReasonAsync(node));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Daemon_that_comes_back_is_read_anew_with_the_same_store_and_with_an_empty_one(string version)
    {
        await using var node = await Node.StartAsync(version);
        using var containerd = new ContainerdClient(node.Containerd.Address);
        await using var registry = await ScriptedRegistry.StartAsync();
        await new ImageWriters(node, "back", containerd.In("back"), registry, TimeSpan.Zero).BeginAsync();
        Assert.Equal(9, await CountAsync(node));
        Assert.Null(await ReasonAsync(node));

        await node.Containerd.KillAsync();
        await node.Containerd.StartAsync();
        await node.Ctr.RunAsync("back", "images", "rm", ImageWriters.Moved);
        Assert.Equal(8, await CountAsync(node));
        Assert.Null(await ReasonAsync(node));

        await node.Containerd.KillAsync();
        Directory.Delete(node.Containerd.Root, recursive: true);
        await node.Containerd.StartAsync();
        Assert.Equal(0, await CountAsync(node));
        await node.Ctr.RunAsync("back", "namespaces", "ls");
        Assert.Null(await ReasonAsync(node));
    }

    [Fact]
    public async Task Memory_of_one_namespace_says_nothing_of_another()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(Versions.All[0]);
        await using var has = node.Containerd.NewNamespace("has");
        await using var knows = node.Containerd.NewNamespace("knows");
        var image = TestImage.Small(311);
        var reference = registry.Add("acme/app:1", image);
        await node.Api.PullAsync(has.Name, new { reference });
        Assert.True((bool)(await node.Api.GetAsync($"/v1/namespaces/{has.Name}/images/{reference}")).Json["available"]!);

        // A record may name any digest; the content is still only the other namespace's.
        using var containerd = new ContainerdClient(node.Containerd.Address);
        var target = new Gateway.Containerd.Types.ContentDescriptor { MediaType = image.MediaType, Digest = image.Digest, Size = image.Manifests[image.Digest].Bytes.Length };
        await containerd.In(knows.Name).PutImageAsync(reference, target, new Dictionary<string, string>(), CancellationToken.None);
        var view = (await node.Api.GetAsync($"/v1/namespaces/{knows.Name}/images/{reference}")).Json;
        Assert.False((bool)view["available"]!);
        Assert.Null(view["platforms"]![0]!["configDescriptor"]);
    }

    private static async Task<long> StaleAsync(Node node, ContainerdNamespace ns, long reads, TimeSpan pause)
    {
        using var containerd = new ContainerdClient(node.Containerd.Address);
        await using var registry = await ScriptedRegistry.StartAsync();
        var writers = new ImageWriters(node, ns.Name, containerd.In(ns.Name), registry, pause);
        await writers.BeginAsync();
        var reader = new ImageReader(node, ns.Name, writers);
        using var stop = new CancellationTokenSource();
        var writing = writers.RunAsync(stop);
        var (asked, stale, first) = (0L, 0L, "");
        var begin = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Readers).Select(_ => Task.Run(async () =>
        {
            for (var number = Interlocked.Increment(ref asked); (number <= reads || writers.Names.Any(name => writers.Acknowledged(name) is 0)) && !stop.IsCancellationRequested; number = Interlocked.Increment(ref asked))
            {
                if (await reader.ReadAsync(number) is { } reason)
                {
                    Interlocked.Increment(ref stale);
                    first = reason;
                }
            }
        })));
        await stop.CancelAsync();
        await writing;
        var changes = writers.Names.Sum(writers.Acknowledged);
        Console.WriteLine($$"""{"check":"stale","containerd":"{{node.Containerd.Version}}","reads":{{reads}},"changes":{{changes}},"seconds":{{(long)TimeProvider.System.GetElapsedTime(begin).TotalSeconds}},"stale":{{stale}},"first":"{{first}}"}""");
        Assert.True(changes > 20, $"only {changes} changes were made");
        return stale;
    }

    private static async Task<int> CountAsync(Node node)
    {
        var count = -1;
        await Wait.UntilAsync(async () =>
        {
            var answer = await node.Api.GetAsync("/v1/namespaces/back/images");
            count = answer.Status is System.Net.HttpStatusCode.OK ? answer.Json["items"]!.AsArray().Count : -1;
            return count >= 0;
        }, "the daemon is reached again");
        return count;
    }

    private static async Task<string?> ReasonAsync(Node node)
    {
        // The search for the database comes with the first call, and again some seconds after one in vain.
        var reads = (await node.Api.GetAsync("/v1/node")).Json["reads"]!;
        if (!(bool)reads["fromMemory"]!)
        {
            await Task.Delay(TimeSpan.FromSeconds(3));
            reads = (await node.Api.GetAsync("/v1/node")).Json["reads"]!;
        }

        Assert.Equal(reads["reason"] is null, (bool)reads["fromMemory"]!);
        return (string?)reads["reason"];
    }
}
