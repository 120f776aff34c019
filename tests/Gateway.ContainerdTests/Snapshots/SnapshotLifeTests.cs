using System.Net;
using System.Net.Http.Json;
using Gateway.ContainerdTests.Auth;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Snapshots;

/// <summary>A snapshot from its making to its end; the witness is ctr.</summary>
public sealed class SnapshotLifeTests(Nodes nodes)
{
    [Theory]
    [MemberData(nameof(SnapshotTrial.Each), MemberType = typeof(SnapshotTrial))]
    public async Task Snapshot_is_prepared_committed_viewed_and_removed(string version, string snapshotter)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, version, snapshotter);
        var made = await trial.PrepareAsync("work/of mine");
        Assert.Equal(("work/of mine", "active"), ((string?)made["snapshot"]!["key"], (string?)made["snapshot"]!["kind"]));
        Assert.StartsWith("/", (string?)made["mounts"]![0]!["source"], StringComparison.Ordinal);
        await trial.ChangeAsync("work/of mine", "echo hello > hello");

        var committed = await trial.Node.Api.PostAsync(trial.PathOf("work/of mine", "/commit"), new { name = "layer one", labels = new { owner = "ci" } });
        Assert.Equal(HttpStatusCode.Created, committed.Status);
        Assert.Equal(trial.PathOf("layer one"), committed.Headers.Location!.OriginalString);
        var stored = await trial.Node.Ctr.SnapshotAsync(trial.Name, "layer one", snapshotter);
        Assert.Equal(("Committed", "ci"), ((string?)stored["Kind"], (string?)stored["Labels"]!["owner"]));
        Assert.Equal(["layer one"], await trial.KeysAsync());

        await trial.PrepareAsync("look", "layer one", kind: "view");
        Assert.Equal("hello\n", await trial.ChangeAsync("look", "cat hello"));
        Assert.Equal("layer one", (string?)(await trial.OkAsync("look"))["parent"]);
        var refused = await trial.Node.Api.SendAsync(HttpMethod.Delete, trial.PathOf("layer one"));
        Assert.Equal((HttpStatusCode.Conflict, "snapshot_has_children"), (refused.Status, refused.Code));
        Assert.Contains("'look'", (string?)refused.Json["detail"]);

        Assert.Equal(HttpStatusCode.NoContent, (await trial.Node.Api.SendAsync(HttpMethod.Delete, trial.PathOf("look"))).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await trial.Node.Api.SendAsync(HttpMethod.Delete, trial.PathOf("layer one"))).Status);
        Assert.Empty(await trial.KeysAsync());
        Assert.Equal("snapshot_not_found", (await trial.GetAsync("layer one")).Code);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task What_is_made_is_kept_by_a_lease_through_a_garbage_collection(string version)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, version);
        var made = await trial.PrepareAsync("kept");
        var lease = (string)made["lease"]!["id"]!;
        Assert.Contains(lease, await trial.Node.Ctr.LeasesAsync(trial.Name));
        var left = DateTimeOffset.Parse((string)made["lease"]!["expiresAt"]!) - DateTimeOffset.UtcNow;
        Assert.InRange(left.TotalMinutes, 30, 61);
        await trial.Node.Ctr.CollectAsync(trial.Name);
        Assert.Equal(["kept"], await trial.KeysAsync());

        var committed = await trial.CommitAsync("kept", "layer");
        await trial.Node.Ctr.RunAsync(trial.Name, "leases", "rm", lease);
        await trial.Node.Ctr.CollectAsync(trial.Name);
        Assert.Equal(["layer"], await trial.KeysAsync());
        await trial.Node.Ctr.RunAsync(trial.Name, "leases", "rm", (string)committed["lease"]!["id"]!);
        await trial.Node.Ctr.CollectAsync(trial.Name);
        Assert.Empty(await trial.KeysAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Named_lease_keeps_it_and_no_other_is_made(string version)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, version);
        await trial.Node.Ctr.RunAsync(trial.Name, "leases", "create", "--id", "mine");
        Assert.Equal("mine", (string?)(await trial.PrepareAsync("work", lease: "mine"))["lease"]!["id"]);
        Assert.Equal(["mine"], await trial.Node.Ctr.LeasesAsync(trial.Name));
        await trial.Node.Ctr.RunAsync(trial.Name, "leases", "rm", "--sync", "mine");
        Assert.Empty(await trial.KeysAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Labels_change_one_by_one_and_only_on_the_version_that_was_read(string version)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, version);
        await trial.Node.Api.PostAsync(trial.Base, new { key = "k", kind = "active", labels = new Dictionary<string, string> { ["a/b.c"] = "1", ["keep"] = "x" } });
        var etag = (await trial.GetAsync("k")).Headers.ETag!.ToString();
        Assert.Equal(HttpStatusCode.NotModified, (await trial.GetAsync("k", "", ("If-None-Match", etag))).Status);

        var patched = await PatchAsync("""{"labels": {"a/b.c": null, "new": "2"}}""", ("If-Match", etag));
        Assert.Equal(HttpStatusCode.OK, patched.Status);
        var labels = (await trial.Node.Ctr.SnapshotAsync(trial.Name, "k"))["Labels"]!.AsObject();
        Assert.Equal(["keep=x", "new=2"], labels.Where(label => !label.Key.StartsWith("containerd.io/", StringComparison.Ordinal)).Select(label => $"{label.Key}={label.Value}").Order(StringComparer.Ordinal));
        Assert.Equal("precondition_failed", (await PatchAsync("""{"labels": {}}""", ("If-Match", etag))).Code);
        Assert.Equal("reserved_label", (await PatchAsync("""{"labels": {"containerd.io/gc.root": "x"}}""")).Code);
        Assert.Equal("precondition_failed", (await trial.Node.Api.SendAsync(HttpMethod.Delete, trial.PathOf("k"), null, ("If-Match", etag))).Code);

        Task<Answer> PatchAsync(string json, params (string, string)[] headers) =>
            trial.Node.Api.SendAsync(HttpMethod.Patch, trial.PathOf("k"), new StringContent(json, null, "application/json"), headers);
    }

    [Theory]
    [MemberData(nameof(SnapshotTrial.Each), MemberType = typeof(SnapshotTrial))]
    public async Task Usage_is_told_alone_and_with_parents_as_ctr_tells_it(string version, string snapshotter)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, version, snapshotter);
        await trial.LayerAsync("one", null, "head -c 100000 /dev/urandom > a");
        await trial.LayerAsync("two", "one", "head -c 50000 /dev/urandom > b");
        var (one, two) = (await trial.OkAsync("one", "/usage"), await trial.OkAsync("two", "/usage"));
        Assert.Equal(((long)one["sizeBytes"]! + (long)two["sizeBytes"]!, 2), ((long)two["withParents"]!["sizeBytes"]!, (int)two["withParents"]!["snapshots"]!));
        var witness = await trial.Node.Ctr.RunAsync(trial.Name, "snapshots", "--snapshotter", snapshotter, "usage", "-b", "two");
        var words = witness.Split('\n')[1].Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal((words[^2], words[^1]), (((long)two["sizeBytes"]!).ToString(), ((long)two["inodes"]!).ToString()));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task List_pages_by_key_and_filters(string version)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, version);
        await trial.Node.Ctr.RunAsync(trial.Name, "leases", "create", "--id", "all");
        string[] keys = [.. Enumerable.Range(0, 230).Select(i => $"k{i:000}"), "é/last", "extract-1 sha256:00"];
        foreach (var key in keys.Reverse())
        {
            await trial.PrepareAsync(key, lease: "all");
        }

        var seen = new List<string>();
        string? token = null;
        do
        {
            var page = (await trial.Node.Api.GetAsync($"{trial.Base}?pageSize=100{(token is null ? "" : $"&pageToken={token}")}")).Json;
            seen.AddRange(page["items"]!.AsArray().Select(item => (string)item!["key"]!));
            token = (string?)page["nextPageToken"];
        }
        while (token is not null);

        Assert.Equal(keys.OrderBy(System.Text.Encoding.UTF8.GetBytes, Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b))), seen);
        var some = (await trial.Node.Api.GetAsync($"{trial.Base}?filter={Uri.EscapeDataString("name~=^k00[12]$")}")).Json["items"]!.AsArray();
        Assert.Equal(["k001", "k002"], some.Select(item => (string?)item!["key"]));
        Assert.Equal("filter", (await trial.Node.Api.GetAsync($"{trial.Base}?filter=name%3D%3D")).Json["errors"]!.AsObject().Single().Key);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Mounts_show_paths_of_the_host_only_to_whom_the_node_is_open(string version)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, version);
        await trial.LayerAsync("one", null, "touch a");
        await trial.LayerAsync("two", "one", "touch b");
        await trial.PrepareAsync("work", "two");
        var mount = (await trial.OkAsync("work", "/mounts"))["mounts"]!.AsArray().Single()!;
        Assert.Equal("overlay", (string?)mount["type"]);
        Assert.Contains(mount["options"]!.AsArray(), option => ((string)option!).StartsWith("lowerdir=/", StringComparison.Ordinal));
        Assert.Equal("snapshot_kind_mismatch", (await trial.GetAsync("two", "/mounts")).Code);

        await using var limited = await GatewayProcess.StartBesideAsync(trial.Node.Containerd.Address, new Dictionary<string, string?>
        {
            ["Auth__ApiKeys__0__Id"] = "snapshots",
            ["Auth__ApiKeys__0__Sha256"] = GuardedGateway.HashOf(GuardedGateway.Secret),
            ["Auth__ApiKeys__0__Grants__0__Permissions__0"] = "snapshots:read",
            ["Auth__ApiKeys__0__Grants__0__Namespaces__0"] = "*",
        });
        using var reader = new GatewayApi(limited.Url, $"gwk_snapshots_{GuardedGateway.Secret}");
        var closed = await reader.GetAsync(trial.PathOf("work", "/mounts"));
        Assert.True(closed.Status is HttpStatusCode.OK, closed.Text);
        Assert.DoesNotContain("/", closed.Text);
        Assert.Equal("overlay", (string?)closed.Json["mounts"]![0]!["type"]);
        Assert.Equal(HttpStatusCode.Forbidden, (await reader.PostAsync(trial.Base, new { key = "x", kind = "active" })).Status);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Cleanup_is_501_where_the_snapshotter_has_none(string version)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, version);
        var answer = await trial.Node.Api.PostAsync($"/v1/namespaces/{trial.Name}/snapshotters/overlayfs/cleanup");
        Assert.Equal((HttpStatusCode.NotImplemented, "not_supported_by_containerd"), (answer.Status, answer.Code));
    }

    /// <summary>The key goes with the commit; the bytes must then stand under the new name, whoever waits for the answer.</summary>
    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Commit_that_its_caller_leaves_loses_nothing(string version)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, version);
        var left = 0;
        for (var i = 0; i < 24; i++)
        {
            await trial.PrepareAsync($"work {i}");
            using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(i));
            using var request = new HttpRequestMessage(HttpMethod.Post, trial.PathOf($"work {i}", "/commit")) { Content = JsonContent.Create(new { name = $"done {i}" }) };
            try
            {
                using var answer = await trial.Node.Api.Http.SendAsync(request, patience.Token);
            }
            catch (OperationCanceledException)
            {
                left++;
            }
        }

        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        await trial.Node.Ctr.CollectAsync(trial.Name);
        var keys = await trial.KeysAsync();
        Assert.All(Enumerable.Range(0, 24), i => Assert.True(keys.Contains($"work {i}") != keys.Contains($"done {i}"), $"{i}: {string.Join(", ", keys)}"));
        Assert.NotEqual(0, left);
    }
}
