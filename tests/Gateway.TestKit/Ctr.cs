using System.Text.RegularExpressions;

namespace Gateway.TestKit;

/// <summary>containerd's own command line: the other door by which tests look.</summary>
public sealed class Ctr(string program, string address)
{
    public Task<string> RunAsync(string containerdNamespace, params string[] arguments) =>
        ChildProcess.RunAsync(program, ["--address", address, "--namespace", containerdNamespace, .. arguments]);

    public async Task<string[]> ImagesAsync(string containerdNamespace) => Lines(await RunAsync(containerdNamespace, "images", "ls", "-q"));

    /// <summary>The row of <c>ctr images check</c> for the name.</summary>
    public async Task<string> CheckAsync(string containerdNamespace, string name, string snapshotter = "overlayfs") =>
        Lines(await RunAsync(containerdNamespace, "images", "check", "--snapshotter", snapshotter, $"name=={name}")).Single(line => line.StartsWith(name, StringComparison.Ordinal));

    public async Task<string[]> LeasesAsync(string containerdNamespace) => Lines(await RunAsync(containerdNamespace, "leases", "ls", "-q"));

    public async Task<string[]> IngestsAsync(string containerdNamespace) => Lines(await RunAsync(containerdNamespace, "content", "active")).Skip(1).ToArray();

    public async Task<string[]> BlobsAsync(string containerdNamespace) => Lines(await RunAsync(containerdNamespace, "content", "ls", "-q"));

    public async Task<(string Key, string Parent, string Kind)[]> SnapshotsAsync(string containerdNamespace, string snapshotter = "overlayfs") =>
        Lines(await RunAsync(containerdNamespace, "snapshots", "--snapshotter", snapshotter, "ls")).Skip(1)
            .Select(line => Regex.Match(line, @"^(?<key>.*?)\s+(?<parent>sha256:\S+)?\s+(?<kind>Committed|Active|View)\s*$"))
            .Select(match => (match.Groups["key"].Value, match.Groups["parent"].Value, match.Groups["kind"].Value)).ToArray();

    /// <summary>A garbage collection, waited for.</summary>
    public async Task CollectAsync(string containerdNamespace)
    {
        var id = "gc-" + Guid.NewGuid().ToString("N");
        await RunAsync(containerdNamespace, "leases", "create", "--id", id);
        await RunAsync(containerdNamespace, "leases", "rm", "--sync", id);
    }

    private static string[] Lines(string output) => output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
