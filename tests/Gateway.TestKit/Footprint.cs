using System.Diagnostics.Tracing;
using System.Globalization;
using Microsoft.Diagnostics.NETCore.Client;

namespace Gateway.TestKit;

/// <summary>What a process has of the machine while it is idle.</summary>
/// <param name="Files">File descriptors that are open, but for those of libraries.</param>
/// <param name="Threads">Of the process.</param>
/// <param name="MemoryKiB">Its own resident memory, without pages of files.</param>
public sealed record Footprint(int Files, int Threads, long MemoryKiB)
{
    private const int MoreFiles = 5;

    // What a pool or a collector keeps for the next time comes and goes. A leak goes on.
    private const int MoreThreads = 10;
    private const long MoreMemoryKiB = 48 << 10;

    // Where a pool has had time to let go, and the collector has been asked to.
    private const int MoreThreadsAtRest = 2;
    private const double MoreMemoryAtRest = 0.1;

    /// <summary>GCHeapCollectKeyword: whoever begins to listen to it has the runtime collect.</summary>
    private const long Collect = 0x800000;

    public static Footprint Of(int process)
    {
        var status = File.ReadAllLines($"/proc/{process}/status");
        long Value(string name) => long.Parse(status.Single(line => line.StartsWith(name + ":", StringComparison.Ordinal)).Split('\t', ' ').First(word => word.Length > 0 && char.IsAsciiDigit(word[0])), CultureInfo.InvariantCulture);
        // A library stays open once it has been needed.
        var files = Directory.EnumerateFileSystemEntries($"/proc/{process}/fd").Count(file => new FileInfo(file).LinkTarget?.EndsWith(".dll", StringComparison.Ordinal) is not true);
        return new(files, (int)Value("Threads"), Value("RssAnon"));
    }

    /// <summary>The same of a process of .NET's, once its garbage is gone.</summary>
    public static async Task<Footprint> CollectedAsync(int process)
    {
        var client = new DiagnosticsClient(process);
        EventPipeProvider[] asks = [new("Microsoft-Windows-DotNETRuntime", EventLevel.Informational, Collect)];
        using (var session = await client.StartEventPipeSessionAsync(asks, requestRundown: false, circularBufferMB: 1, CancellationToken.None))
        {
            var read = session.EventStream.CopyToAsync(Stream.Null);
            await session.StopAsync(CancellationToken.None);
            await read;
        }

        return Of(process);
    }

    /// <summary>In what a process has grown since then.</summary>
    /// <param name="process">As it is now, between one piece of work and the next.</param>
    public IEnumerable<string> GrowthOf(int process) => GrowthTo(Of(process), process, isAtRest: false);

    /// <summary>In what a process of .NET's has grown since then, at rest.</summary>
    public async Task<IEnumerable<string>> GrowthAtRestAsync(int process) =>
        GrowthTo(await CollectedAsync(process), process, isAtRest: true);

    /// <summary>In what a process has grown from this to that.</summary>
    public IEnumerable<string> GrowthTo(Footprint now, int process, bool isAtRest)
    {
        var (moreThreads, moreMemoryKiB) = isAtRest ? (MoreThreadsAtRest, (long)(MoreMemoryAtRest * MemoryKiB)) : (MoreThreads, MoreMemoryKiB);
        (string What, long Before, long Now, long More)[] all =
            [("open files", Files, now.Files, MoreFiles), ("threads", Threads, now.Threads, moreThreads), ("KiB of memory", MemoryKiB, now.MemoryKiB, moreMemoryKiB)];
        return all.Where(each => each.Now > each.Before + each.More).Select(each => $"process {process} has {each.Now} {each.What}, it had {each.Before}");
    }
}
