using System.Text.Json.Nodes;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Snapshots;

/// <summary>What a snapshot changes; the witnesses are the mounted trees.</summary>
public sealed class SnapshotChangesTests(Nodes nodes)
{
    private const string Before =
        """
        mkdir -p keep gone/deep swap-dir opaque/x; echo same > keep/same; echo old > keep/file; echo g > gone/deep/file
        echo 1 > swap-dir/inner; echo f > swap-file; ln -s keep/file link; echo m > mode; echo hidden > opaque/x/hidden; echo stays > opaque/stays
        touch -d @1600000000 keep/stamped; printf a > keep/stamped; touch -d @1600000000 keep/stamped
        """;

    private const string After =
        """
        echo newer > keep/file; rm -r gone; rm -r swap-dir; echo now-a-file > swap-dir; rm swap-file; mkdir -p swap-file/in; echo 2 > swap-file/in/f
        ln -sfn elsewhere link; chmod 4755 mode; rm -r opaque; mkdir opaque; echo stays > opaque/stays; mkdir new-dir; echo n > new-dir/n; mkfifo pipe
        printf b > keep/stamped; touch -d @1600000000 keep/stamped; printf same > 'sp ace'; printf x > "$(printf 'latin-\351')"; cat keep/same > /dev/null
        """;

    private static readonly string[] Expected =
    [
        "deleted directory /gone", "modified file /keep/file", "modified file /keep/stamped", "added file /latin-\uf7e9", "modified symlink /link elsewhere",
        "modified file /mode", "added directory /new-dir", "added file /new-dir/n", "modified file /opaque/stays", "deleted directory /opaque/x",
        "added fifo /pipe", "added file /sp ace", "modified file /swap-dir", "modified directory /swap-file", "added directory /swap-file/in",
        "added file /swap-file/in/f",
    ];

    [Theory]
    [MemberData(nameof(SnapshotTrial.Readable), MemberType = typeof(SnapshotTrial))]
    public async Task Each_changed_path_is_one_row_whatever_the_snapshotter(string version, string snapshotter)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, version, snapshotter);
        await trial.LayerAsync("before", null, Before);
        await trial.PrepareAsync("work", "before");
        await trial.ChangeAsync("work", After);
        var rows = await RowsAsync(trial, "work");
        Assert.Equal(Expected, rows.Select(Text));

        // Size and mode of what is there are those of the mounted tree.
        var found = (await trial.ChangeAsync("work", "find . -mindepth 1 -type f -printf '/%P|%s|%04m\\n'")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (var row in rows.Where(row => (string?)row["type"] is "file" && !((string)row["path"]!).Contains('\uf7e9')))
        {
            Assert.Contains($"{row["path"]}|{row["sizeBytes"]}|{row["mode"]}", found);
        }

        await trial.CommitAsync("work", "after");
        Assert.Equal(Expected, (await RowsAsync(trial, "after")).Select(Text));
        await trial.PrepareAsync("untouched", "after");
        Assert.Empty(await RowsAsync(trial, "untouched"));
        await trial.AssertNothingReadsAsync();
    }

    [Theory]
    [MemberData(nameof(SnapshotTrial.Readable), MemberType = typeof(SnapshotTrial))]
    public async Task Base_may_be_any_snapshot_of_the_chain(string version, string snapshotter)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, version, snapshotter);
        await trial.LayerAsync("one", null, "mkdir d; echo 1 > d/a; echo 1 > d/b");
        await trial.LayerAsync("two", "one", "rm d/a; echo 2 > d/c; echo t > top");
        await trial.LayerAsync("three", "two", "rm d/c; echo 3 > d/b; rm top");
        await trial.LayerAsync("stranger", null, "echo x > x");
        Assert.Equal(["modified file /d/b", "deleted file /d/c", "deleted file /top"], (await RowsAsync(trial, "three")).Select(Text));
        Assert.Equal(["deleted file /d/a", "modified file /d/b"], (await RowsAsync(trial, "three", "?base=one")).Select(Text));
        Assert.Equal(["added directory /d", "added file /d/a", "added file /d/b"], (await RowsAsync(trial, "one")).Select(Text));
        Assert.Equal("snapshot_not_in_chain", (await trial.GetAsync("three", "/changes?base=stranger")).Code);
        Assert.Equal("snapshot_not_found", (await trial.GetAsync("three", "/changes?base=absent")).Code);
        await trial.AssertNothingReadsAsync();
    }

    [Theory]
    [MemberData(nameof(SnapshotTrial.Readable), MemberType = typeof(SnapshotTrial))]
    public async Task Pages_together_are_what_the_stream_is(string version, string snapshotter)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, version, snapshotter);
        await trial.LayerAsync("before", null, Before);
        await trial.PrepareAsync("work", "before");
        await trial.ChangeAsync("work", After);
        var paged = new List<string>();
        string? token = null;
        do
        {
            var page = await trial.OkAsync("work", $"/changes?pageSize=3{(token is null ? "" : $"&pageToken={token}")}");
            paged.AddRange(page["items"]!.AsArray().Select(row => Text(row!.AsObject())));
            token = (string?)page["nextPageToken"];
        }
        while (token is not null);
        Assert.Equal(Expected, paged);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Hundred_thousand_files_are_streamed_in_flat_memory(string version)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, version);
        await trial.LayerAsync("base", null, "mkdir d");
        await trial.PrepareAsync("many", "base");
        await trial.ChangeAsync("many", "for i in $(seq 100); do mkdir d/$i; done; cd d; seq 100 | while read i; do (cd $i; seq 1000 | xargs touch); done");
        await using var gateway = await GatewayProcess.StartBesideAsync(trial.Node.Containerd.Address);
        Assert.Single((await gateway.Api.GetAsync(trial.PathOf("base", "/changes"))).Json["items"]!.AsArray());
        var before = gateway.PeakMemoryBytes;
        using var request = new HttpRequestMessage(HttpMethod.Get, trial.PathOf("many", "/changes"));
        request.Headers.Accept.ParseAdd("application/x-ndjson");
        using var answer = await gateway.Api.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());
        var count = 0;
        while (await lines.ReadLineAsync() is not null)
        {
            count++;
        }

        Assert.Equal(100_100, count);
        Assert.InRange(gateway.PeakMemoryBytes - before, 0, 64 << 20);
        await trial.AssertNothingReadsAsync();
    }

    private static string Text(JsonObject row) => $"{row["change"]} {row["type"]} {row["path"]} {row["linkTarget"]}".TrimEnd();

    private static async Task<JsonObject[]> RowsAsync(SnapshotTrial trial, string key, string query = "")
    {
        var answer = await trial.GetAsync(key, "/changes" + query, ("Accept", "application/x-ndjson"));
        Assert.True((int)answer.Status is 200 && answer.MediaType is "application/x-ndjson", answer.Text);
        return [.. answer.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!.AsObject())];
    }
}
