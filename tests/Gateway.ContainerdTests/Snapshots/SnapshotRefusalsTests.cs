using System.Net;
using System.Text;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Snapshots;

/// <summary>What cannot be done with snapshots: a clear problem, and nothing left behind.</summary>
public sealed class SnapshotRefusalsTests(Nodes nodes)
{
    /// <summary>Bodies of a new snapshot, the field the answer must name or null, and its code.</summary>
    public static TheoryData<string, string?, string> Bodies => new()
    {
        { "{}", "key", "invalid_request" },
        { """{"key":"","kind":"active"}""", "key", "invalid_request" },
        { """{"key":"..","kind":"active"}""", "key", "invalid_request" },
        { """{"key":".","kind":"active"}""", "key", "invalid_request" },
        { """{"key":"a%2Fb","kind":"active"}""", "key", "invalid_request" },
        { """{"key":"a\u0000b","kind":"active"}""", "key", "invalid_request" },
        { """{"key":"a\nb","kind":"active"}""", "key", "invalid_request" },
        { """{"key":"a\u007fb","kind":"active"}""", "key", "invalid_request" },
        { """{"key":"a\u0085b","kind":"active"}""", "key", "invalid_request" },
        { $$"""{"key":"{{new string('k', 257)}}","kind":"active"}""", "key", "invalid_request" },
        { """{"key":1,"kind":"active"}""", "key", "invalid_request" },
        { """{"key":"k"}""", "kind", "invalid_request" },
        { """{"key":"k","kind":"committed"}""", "kind", "invalid_request" },
        { """{"key":"k","kind":"writable"}""", "kind", "invalid_request" },
        { """{"key":"k","kind":1}""", "kind", "invalid_request" },
        { """{"key":"k","kind":"active","parent":""}""", "parent", "invalid_request" },
        { """{"key":"k","kind":"active","parent":"absent"}""", null, "snapshot_not_found" },
        { """{"key":"k","kind":"view","parent":"absent"}""", null, "snapshot_not_found" },
        { """{"key":"k","kind":"active","parent":"taken"}""", null, "snapshot_kind_mismatch" },
        { """{"key":"taken","kind":"active"}""", null, "conflict" },
        { """{"key":"k","kind":"active","labels":{"containerd.io/snapshot.ref":"x"}}""", null, "reserved_label" },
        { """{"key":"k","kind":"active","labels":{"containerd.io/snapshot/cri.image-ref":"x"}}""", null, "reserved_label" },
        { """{"key":"k","kind":"active","labels":{"io.cri-containerd.pinned":"x"}}""", null, "reserved_label" },
        { """{"key":"k","kind":"active","labels":{"":"x"}}""", "labels", "invalid_request" },
        { """{"key":"k","kind":"active","lease":"absent"}""", null, "not_found" },
        { """{"key":"k","kind":"active","lease":"a\r\nx: y"}""", "lease", "invalid_request" },
        { """{"key":"k","kind":"active","lease":"of-a-job"}""", null, "lease_in_use" },
        { """{"key":"k","kind":"active","lease":"over"}""", null, "conflict" },
        { """{"key":"k","kind":"active","lease":"over","term":"1h"}""", "term", "invalid_request" },
        { """{"key":"k","kind":"active","term":"59s"}""", "term", "invalid_request" },
        { """{"key":"k","kind":"active","term":"721h"}""", "term", "invalid_request" },
        { """{"key":"k","kind":"active","mounts":[]}""", "mounts", "invalid_request" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Bad_body_is_refused_and_leaves_nothing(string body, string? field, string code)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, Versions.Oldest);
        await trial.Node.Ctr.RunAsync(trial.Name, "leases", "create", "--id", "of-a-job", "gateway/job=x");
        await trial.EndedLeaseAsync("over");
        await trial.Node.Ctr.RunAsync(trial.Name, "leases", "create", "--id", "held");
        await trial.PrepareAsync("taken", lease: "held");

        var answer = await trial.Node.Api.SendAsync(HttpMethod.Post, trial.Base, new StringContent(body, Encoding.UTF8, "application/json"));
        // What is over is not always still there.
        Assert.True(code == answer.Code || (code is "conflict" && body.Contains("over") && answer.Code is "not_found"), answer.Text);
        Assert.True(field is null || answer.Json["errors"]!.AsObject().ContainsKey(field), answer.Text);
        Assert.Equal(["taken"], await trial.KeysAsync());
        Assert.DoesNotContain(await trial.Node.Ctr.LeasesAsync(trial.Name), lease => lease.StartsWith("snapshot-", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Longest_key_with_any_sign_can_be_made_and_found(string version)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, version);
        foreach (var key in new[] { new string('k', 256), "../../etc/passwd", " a b ", "ä/ö?#&+%25", "sha256:00 \"quoted\"", "日本語" })
        {
            await trial.PrepareAsync(key);
            Assert.Equal(key, (string?)(await trial.OkAsync(key))["key"]);
            Assert.Contains(key.TrimEnd(), (await trial.KeysAsync()).Select(stored => stored));
            Assert.Equal(HttpStatusCode.NoContent, (await trial.Node.Api.SendAsync(HttpMethod.Delete, trial.PathOf(key))).Status);
        }
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Odd_key_that_others_made_is_found_and_removed(string version)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, version);
        foreach (var key in new[] { new string('x', 300), "line\nbreak", "tab\t" })
        {
            await trial.Node.Ctr.RunAsync(trial.Name, "snapshots", "prepare", key);
            Assert.Equal(key, (string?)(await trial.OkAsync(key))["key"]);
            Assert.Equal(HttpStatusCode.NoContent, (await trial.Node.Api.SendAsync(HttpMethod.Delete, trial.PathOf(key))).Status);
        }

        Assert.Empty(await trial.KeysAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Wrong_kinds_are_conflicts_and_unknown_snapshotters_are_404(string version)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, version);
        await trial.LayerAsync("layer", null, "touch a");
        await trial.PrepareAsync("view", "layer", kind: "view");
        await trial.PrepareAsync("work", "layer");
        Assert.Equal("snapshot_kind_mismatch", (await CommitAsync("view", "x")).Code);
        Assert.Equal("snapshot_kind_mismatch", (await CommitAsync("layer", "x")).Code);
        Assert.Equal("conflict", (await CommitAsync("work", "layer")).Code);
        Assert.Equal("snapshot_not_found", (await CommitAsync("absent", "x")).Code);
        Assert.Equal("invalid_request", (await CommitAsync("work", "a\tb")).Code);
        Assert.Equal(["layer", "view", "work"], await trial.KeysAsync());

        foreach (var path in new[] { "", "/k", "/k/usage", "/k/mounts", "/k/changes", "/k/files" })
        {
            var answer = await trial.Node.Api.GetAsync($"/v1/namespaces/{trial.Name}/snapshotters/absent/snapshots{path}");
            Assert.Equal((HttpStatusCode.NotFound, "snapshotter_not_found"), (answer.Status, answer.Code));
        }

        Task<Answer> CommitAsync(string key, string name) => trial.Node.Api.PostAsync(trial.PathOf(key, "/commit"), new { name });
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Commit_and_removal_at_once_have_one_winner(string version)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, version);
        for (var i = 0; i < 20; i++)
        {
            await trial.PrepareAsync("raced");
            var commit = trial.Node.Api.PostAsync(trial.PathOf("raced", "/commit"), new { name = $"won-{i}" });
            var removal = trial.Node.Api.SendAsync(HttpMethod.Delete, trial.PathOf("raced"));
            var statuses = ((int)(await commit).Status, (int)(await removal).Status);
            Assert.True(statuses is (201, 404 or 409) or (404 or 409, 204), $"{statuses} {(await commit).Text} {(await removal).Text}");
            Assert.Equal(statuses.Item1 is 201, (await trial.KeysAsync()).Contains($"won-{i}"));
            Assert.DoesNotContain("raced", await trial.KeysAsync());
        }
    }
}
