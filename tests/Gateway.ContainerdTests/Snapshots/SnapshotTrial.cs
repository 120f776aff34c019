using System.Net;
using System.Text.Json.Nodes;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Snapshots;

/// <summary>One snapshotter of a node in a namespace of its own, spoken to over HTTP; what is written into a snapshot goes through its mounts.</summary>
internal sealed class SnapshotTrial(Node node, string name, string snapshotter) : IAsyncDisposable
{
    private readonly ContainerdNamespace space = new(node.Containerd, name);

    public Node Node { get; } = node;

    public string Name { get; } = name;

    public string Snapshotter { get; } = snapshotter;

    public string Base => $"/v1/namespaces/{Name}/snapshotters/{Snapshotter}/snapshots";

    /// <summary>Every version with every snapshotter of this machine.</summary>
    public static TheoryData<string, string> Each => new(Versions.All.SelectMany(version => ContainerdDaemon.MachineSnapshotters.Select(snapshotter => (version, snapshotter))));

    /// <summary>Every version with the snapshotters whose files can be read without mounting anything.</summary>
    public static TheoryData<string, string> Readable => new(Versions.All.SelectMany(version => new[] { (version, "overlayfs"), (version, "native") }));

    public static async Task<SnapshotTrial> OnAsync(Nodes nodes, string version, string snapshotter = "overlayfs") =>
        new(await nodes.NodeAsync(version), nodes.NewName("snapshots"), snapshotter);

    public string PathOf(string key, string rest = "") => $"{Base}/{Uri.EscapeDataString(key)}{rest}";

    public Task<Answer> GetAsync(string key, string rest = "", params (string, string)[] headers) => Node.Api.SendAsync(HttpMethod.Get, PathOf(key, rest), null, headers);

    public async Task<JsonObject> OkAsync(string key, string rest = "")
    {
        var answer = await GetAsync(key, rest);
        Assert.True(answer.Status is HttpStatusCode.OK, answer.Text);
        return answer.Json;
    }

    /// <summary>Prepares an active snapshot.</summary>
    public async Task<JsonObject> PrepareAsync(string key, string? parent = null, string? lease = null, string kind = "active")
    {
        var answer = await Node.Api.PostAsync(Base, new { key, kind, parent, lease });
        Assert.True(answer.Status is HttpStatusCode.Created, answer.Text);
        return answer.Json;
    }

    public async Task<JsonObject> CommitAsync(string key, string name)
    {
        var answer = await Node.Api.PostAsync(PathOf(key, "/commit"), new { name });
        Assert.True(answer.Status is HttpStatusCode.Created, answer.Text);
        return answer.Json;
    }

    /// <summary>Keeps a snapshot from the daemon's collector.</summary>
    public async Task HoldAsync(string key)
    {
        await RawLeases.CreateAsync(space, "of " + key);
        await RawLeases.AddAsync(space, "of " + key, "snapshots/" + Snapshotter, key);
    }

    /// <summary>A lease whose term has passed: <c>ctr</c> puts its own term over one that is given as a label.</summary>
    public Task EndedLeaseAsync(string id) => RawLeases.CreateAsync(space, id, ("containerd.io/gc.expire", "2020-01-01T00:00:00Z"));

    /// <summary>A committed snapshot with what the script leaves in its working folder.</summary>
    public async Task LayerAsync(string name, string? parent, string script)
    {
        await PrepareAsync($"making {name}", parent);
        await ChangeAsync($"making {name}", script);
        await CommitAsync($"making {name}", name);
    }

    /// <summary>Runs a script in the mounted snapshot; gives its output.</summary>
    public async Task<string> ChangeAsync(string key, string script)
    {
        var target = Repo.NewFolder("mnt");
        var mount = await Node.Ctr.RunAsync(Name, "snapshots", "--snapshotter", Snapshotter, "mounts", target, key);
        await ChildProcess.RunAsync("sh", "-ec", mount);
        try
        {
            return await ChildProcess.RunAsync("sh", "-ec", $"cd {target}\n{script}");
        }
        finally
        {
            await ChildProcess.RunAsync("umount", target);
            Directory.Delete(target);
        }
    }

    public async Task<string[]> KeysAsync() => [.. (await Node.Ctr.SnapshotsAsync(Name, Snapshotter)).Select(snapshot => snapshot.Key).Order(StringComparer.Ordinal)];

    /// <summary>What requests that only read leave behind: nothing.</summary>
    public async Task AssertNothingReadsAsync()
    {
        Assert.DoesNotContain(await Node.Ctr.LeasesAsync(Name), lease => lease.StartsWith("gw-", StringComparison.Ordinal));
        Assert.DoesNotContain(await KeysAsync(), key => key.StartsWith("gw-", StringComparison.Ordinal));
        Assert.Empty(await Node.Ctr.IngestRefsAsync(Name));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var container in (await space.CtrAsync("containers", "ls", "-q")).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            await space.CtrAsync("containers", "rm", container.Trim());
        }

        await AssertNothingReadsAsync();
        await space.DisposeAsync();
    }
}
