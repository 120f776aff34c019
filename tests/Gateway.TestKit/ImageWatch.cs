using System.Collections.Concurrent;

namespace Gateway.TestKit;

/// <summary>
/// Looks at a namespace's images as soon as a record of one is made or changed, which <c>ctr events</c> tells: a moment later, that of a call and a start of <c>ctr</c>,
/// each must be whole.
/// </summary>
public sealed class ImageWatch(ContainerdDaemon daemon, string containerdNamespace) : IAsyncDisposable
{
    private readonly ConcurrentQueue<Task<IReadOnlyList<string>>> looks = [];
    private ChildProcess? events;
    private int seen;

    /// <summary>Records that were made or changed.</summary>
    public int Seen => Volatile.Read(ref seen);

    /// <summary>Begins, again with a daemon that was started again.</summary>
    public async Task FollowAsync()
    {
        await DisposeAsync();
        events = ChildProcess.Start(daemon.Ctr.Program, ["--address", daemon.Address, "events"], onLine: Follow);
        var sign = "watch-" + Guid.NewGuid().ToString("N");
        await Wait.UntilAsync(async () =>
        {
            await daemon.Ctr.RunAsync("default", "namespaces", "create", sign);
            await daemon.Ctr.RunAsync("default", "namespaces", "rm", sign);
            return events.Log.Contains(sign, StringComparison.Ordinal);
        }, "events are told");
        looks.Enqueue(LookAsync()); // at what was made before
    }

    /// <summary>What was wrong since the last time.</summary>
    public async Task<IReadOnlyList<string>> FaultsAsync()
    {
        var faults = new List<string>();
        while (looks.TryDequeue(out var look))
        {
            faults.AddRange(await look);
        }

        return faults;
    }

    public async ValueTask DisposeAsync()
    {
        if (events is not null)
        {
            await events.DisposeAsync();
        }
    }

    private void Follow(string line)
    {
        if (line.Contains($" {containerdNamespace} /images/create ", StringComparison.Ordinal) || line.Contains($" {containerdNamespace} /images/update ", StringComparison.Ordinal))
        {
            looks.Enqueue(LookAsync());
            Interlocked.Increment(ref seen);
        }
    }

    private async Task<IReadOnlyList<string>> LookAsync()
    {
        var asked = daemon.Id;
        try
        {
            var records = daemon.RecordsOf(containerdNamespace);
            var images = await records.ImagesAsync();
            var faults = await ImageClosure.FaultsAsync(daemon, containerdNamespace, images);
            var still = images.Intersect(await records.ImagesAsync()).ToArray(); // one that was removed or moved meanwhile may lack what it likes
            string[] left = [.. faults.Where(fault => still.Any(image => fault.StartsWith($"image {image.Name}", StringComparison.Ordinal)))];
            return left is [] || await IsGoneAsync(asked) ? [] : left;
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or InvalidOperationException)
        {
            return await IsGoneAsync(asked) ? [] : ["the images were not told: " + failure.Message];
        }
    }

    // Killed over the question.
    private async Task<bool> IsGoneAsync(int asked)
    {
        await daemon.HasEndedAsync();
        return daemon.HasExited || daemon.Id != asked;
    }
}
