using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Gateway.TestKit;

/// <summary>containerd's own command line: the other door by which tests look.</summary>
public sealed class Ctr(string program, string address)
{
    /// <summary>A pattern for the row that <c>ctr images check</c> has of an image that is whole.</summary>
    public const string Complete = @"(?<!in)complete \(";

    public string Program { get; } = program;

    public Task<string> RunAsync(string containerdNamespace, params string[] arguments) =>
        ChildProcess.RunAsync(Program, ["--address", address, "--namespace", containerdNamespace, .. arguments]);

    public async Task<string[]> ImagesAsync(string containerdNamespace) => Lines(await RunAsync(containerdNamespace, "images", "ls", "-q"));

    /// <summary>The row of <c>ctr images check</c> for the name; what it says where it cannot make one.</summary>
    public async Task<string> CheckAsync(string containerdNamespace, string name, string snapshotter = "overlayfs") =>
        RowOf(name, await ChecksAsync(containerdNamespace, snapshotter, $"name=={name}"));

    public async Task<string[]> LeasesAsync(string containerdNamespace) => Lines(await RunAsync(containerdNamespace, "leases", "ls", "-q"));

    /// <summary>Rows of the ingests that are open: ref, size and age, parted by tabs.</summary>
    public async Task<string[]> IngestsAsync(string containerdNamespace) => Lines(await RunAsync(containerdNamespace, "content", "active")).Skip(1).ToArray();

    public async Task<string[]> IngestRefsAsync(string containerdNamespace) =>
        [.. (await IngestsAsync(containerdNamespace)).Select(row => row.Split('\t')[0])];

    public async Task<string[]> BlobsAsync(string containerdNamespace) => Lines(await RunAsync(containerdNamespace, "content", "ls", "-q"));

    /// <summary>The snapshots, by the columns under the heading: keys may hold spaces, as those of unpacking do.</summary>
    public async Task<(string Key, string Parent, string Kind)[]> SnapshotsAsync(string containerdNamespace, string snapshotter = "overlayfs")
    {
        var rows = (await RunAsync(containerdNamespace, "snapshots", "--snapshotter", snapshotter, "ls")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var (parent, kind) = (rows[0].IndexOf("PARENT", StringComparison.Ordinal), rows[0].IndexOf("KIND", StringComparison.Ordinal));
        return [.. rows.Skip(1).Select(row => (row[..parent].TrimEnd(), row[parent..kind].TrimEnd(), row[kind..].TrimEnd()))];
    }

    public async Task<string[]> NamespacesAsync() => Lines(await RunAsync("default", "namespaces", "ls", "-q"));

    /// <summary>What the image's name stands for.</summary>
    public async Task<string> TargetOfAsync(string containerdNamespace, string name) =>
        Regex.Match(await RunAsync(containerdNamespace, "images", "ls", $"name=={name}"), "sha256:[0-9a-f]{64}").Value;

    /// <summary>Labels of a blob: those that keep its children are among them.</summary>
    public async Task<IReadOnlyDictionary<string, string>> LabelsOfAsync(string containerdNamespace, string digest) =>
        (await LabelsAsync(containerdNamespace))[digest];

    /// <summary>Labels of every blob.</summary>
    public async Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> LabelsAsync(string containerdNamespace) =>
        Lines(await RunAsync(containerdNamespace, "content", "ls")).Skip(1).Select(row => row.Split('\t', StringSplitOptions.RemoveEmptyEntries))
            .ToDictionary(row => row[0].Trim(), row => (IReadOnlyDictionary<string, string>)row[^1].Split(',').Where(label => label.Contains('='))
                .ToDictionary(label => label.Split('=')[0], label => label[(label.IndexOf('=') + 1)..]));

    public async Task<JsonObject> SnapshotAsync(string containerdNamespace, string key, string snapshotter = "overlayfs") =>
        JsonNode.Parse(await RunAsync(containerdNamespace, "snapshots", "--snapshotter", snapshotter, "info", key))!.AsObject();

    /// <summary>containerd's own pull, with unpacking: the witness that an image is one, and what the gateway is measured against.</summary>
    public Task<string> PullAsync(string containerdNamespace, string reference, params string[] options) =>
        RunAsync(containerdNamespace, ["images", "pull", .. options, reference]);

    /// <summary>A garbage collection that began after this was called, waited for. Not by <c>ctr</c>: four starts of it take longer.</summary>
    public async Task CollectAsync(string containerdNamespace)
    {
        for (var i = 0; i < 2; i++) // the daemon takes one that is under way for the one that was asked for
        {
            await RawLeases.CollectAsync(address, containerdNamespace);
        }
    }

    /// <summary>All rows of <c>ctr images check</c>.</summary>
    internal async Task<string> ChecksAsync(string containerdNamespace, string snapshotter, params string[] filters) =>
        (await ChildProcess.TryRunAsync(Program, ["--address", address, "--namespace", containerdNamespace, "images", "check", "--snapshotter", snapshotter, .. filters])).Output;

    /// <summary>The row of an image; all there is where it has none.</summary>
    internal static string RowOf(string name, string checks) =>
        Lines(checks).FirstOrDefault(line => line.StartsWith(name + " ", StringComparison.Ordinal) || line.StartsWith(name + "\t", StringComparison.Ordinal)) ?? $"{name}: {checks}";

    private static string[] Lines(string output) => output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
