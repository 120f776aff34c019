using System.Globalization;

namespace Gateway.TestKit;

/// <summary>What a process has of the machine while it is idle.</summary>
/// <param name="Files">File descriptors that are open, but for those of libraries.</param>
/// <param name="Threads">Of the process.</param>
/// <param name="MemoryKiB">Its own resident memory, without pages of files.</param>
public sealed record Footprint(int Files, int Threads, long MemoryKiB)
{
    // What a pool or a collector keeps for the next time comes and goes. A leak goes on.
    private const int MoreFiles = 5;
    private const int MoreThreads = 10;
    private const long MoreMemoryKiB = 48 << 10;

    public static Footprint Of(int process)
    {
        var status = File.ReadAllLines($"/proc/{process}/status");
        long Value(string name) => long.Parse(status.Single(line => line.StartsWith(name + ":", StringComparison.Ordinal)).Split('\t', ' ').First(word => word.Length > 0 && char.IsAsciiDigit(word[0])), CultureInfo.InvariantCulture);
        // A library stays open once it has been needed.
        var files = Directory.EnumerateFileSystemEntries($"/proc/{process}/fd").Count(file => new FileInfo(file).LinkTarget?.EndsWith(".dll", StringComparison.Ordinal) is not true);
        return new(files, (int)Value("Threads"), Value("RssAnon"));
    }

    /// <summary>In what a process has grown since then.</summary>
    public IEnumerable<string> GrowthOf(int process)
    {
        var now = Of(process);
        (string What, long Before, long Now, long More)[] all =
            [("open files", Files, now.Files, MoreFiles), ("threads", Threads, now.Threads, MoreThreads), ("KiB of memory", MemoryKiB, now.MemoryKiB, MoreMemoryKiB)];
        return all.Where(each => each.Now > each.Before + each.More).Select(each => $"process {process} has {each.Now} {each.What}, it had {each.Before}");
    }
}
