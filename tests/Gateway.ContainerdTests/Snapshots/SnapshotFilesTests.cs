using System.Formats.Tar;
using System.Net;
using System.Text;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Snapshots;

/// <summary>Files of snapshots over HTTP; the witness is the mounted tree, or the host that is not to be reached.</summary>
public sealed class SnapshotFilesTests(Nodes nodes)
{
    [Theory]
    [MemberData(nameof(SnapshotTrial.Each), MemberType = typeof(SnapshotTrial))]
    public async Task Files_that_only_a_mount_would_show_are_501_with_the_reason(string version, string snapshotter)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, version, snapshotter);
        await trial.PrepareAsync("work");
        await trial.ChangeAsync("work", "echo hello > hello");
        foreach (var rest in new[] { "/files?path=/hello", "/changes" })
        {
            var answer = await trial.GetAsync("work", rest);
            if (snapshotter is "btrfs")
            {
                Assert.Equal((HttpStatusCode.NotImplemented, "snapshot_not_readable"), (answer.Status, answer.Code));
                Assert.Contains("btrfs", (string?)answer.Json["detail"]);
            }
            else
            {
                Assert.Contains("hello", answer.Text);
            }
        }
    }

    [Theory]
    [MemberData(nameof(SnapshotTrial.Readable), MemberType = typeof(SnapshotTrial))]
    public async Task Folders_are_listed_and_files_read_through_all_layers(string version, string snapshotter)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, version, snapshotter);
        await trial.LayerAsync("one", null, "mkdir -p etc/sub; echo low > etc/low; echo hidden > etc/hidden; echo one > etc/both; chown 7:8 etc/low");
        await trial.LayerAsync("two", "one", "rm etc/hidden; echo two > etc/both; ln -s low etc/link");
        await trial.PrepareAsync("work", "two");
        await trial.ChangeAsync("work", "echo top > etc/top");
        foreach (var (key, names) in new[] { ("one", "both hidden low sub"), ("two", "both link low sub"), ("work", "both link low sub top") })
        {
            var listed = (await trial.OkAsync(key, "/files?path=/etc"))["items"]!.AsArray();
            Assert.Equal(names, string.Join(' ', listed.Select(item => (string?)item!["name"])));
        }

        var items = (await trial.OkAsync("work", "/files?path=etc&pageSize=2"))["items"]!.AsArray();
        Assert.Equal(["file", "symlink"], items.Select(item => (string?)item!["type"]));
        Assert.Equal("low", (string?)items[1]!["linkTarget"]);
        var token = (string?)(await trial.OkAsync("work", "/files?path=etc&pageSize=2"))["nextPageToken"];
        var low = (await trial.OkAsync("work", $"/files?path=etc&pageSize=2&pageToken={token}"))["items"]![0]!;
        Assert.Equal(("low", 4L, 7L, 8L, "0644"), ((string?)low["name"], (long)low["sizeBytes"]!, (long)low["uid"]!, (long)low["gid"]!, (string?)low["mode"]));

        Assert.Equal("two\n", (await trial.GetAsync("work", "/files?path=/etc/both")).Text);
        Assert.Equal("low\n", (await trial.GetAsync("work", "/files?path=/etc/link")).Text);
        Assert.Equal("one\n", (await trial.GetAsync("one", "/files?path=/etc/both")).Text);
        Assert.Equal("not_found", (await trial.GetAsync("work", "/files?path=/etc/hidden")).Code);
        Assert.Equal("not_found", (await trial.GetAsync("work", "/files?path=/etc/low/deeper")).Code);
        Assert.Equal("etc", (string?)(await trial.OkAsync("work", "/files"))["items"]!.AsArray().Single()!["name"]);
        await trial.AssertNothingReadsAsync();
    }

    [Theory]
    [MemberData(nameof(SnapshotTrial.Readable), MemberType = typeof(SnapshotTrial))]
    public async Task Ranges_of_a_file_are_sent_and_those_outside_are_416(string version, string snapshotter)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, version, snapshotter);
        await trial.LayerAsync("base", null, "printf 0123456789 > digits; : > empty");
        foreach (var (range, status, text) in new[] { ("bytes=2-4", 206, "234"), ("bytes=7-", 206, "789"), ("bytes=-2", 206, "89"), ("bytes=0-99", 206, "0123456789"), ("lines=1-2", 200, "0123456789") })
        {
            var answer = await trial.GetAsync("base", "/files?path=digits", ("Range", range));
            Assert.Equal((range, status, text), (range, (int)answer.Status, answer.Text));
        }

        foreach (var (path, range) in new[] { ("digits", "bytes=10-"), ("digits", "bytes=99-100"), ("empty", "bytes=0-") })
        {
            var answer = await trial.GetAsync("base", $"/files?path={path}", ("Range", range));
            Assert.Equal((HttpStatusCode.RequestedRangeNotSatisfiable, "range_not_satisfiable"), (answer.Status, answer.Code));
        }

        Assert.Equal("", (await trial.GetAsync("base", "/files?path=empty")).Text);
        await trial.AssertNothingReadsAsync();
    }

    /// <summary>What a hostile image may hold: no path of it leads out of the snapshot, waits, or opens a device.</summary>
    [Theory]
    [MemberData(nameof(SnapshotTrial.Readable), MemberType = typeof(SnapshotTrial))]
    public async Task Hostile_tree_leads_nowhere_else(string version, string snapshotter)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, version, snapshotter);
        var canary = Path.Combine(Repo.NewFolder("canary"), "secret");
        await File.WriteAllTextAsync(canary, "the host's secret");
        await trial.LayerAsync("hostile", null,
            $$"""
            mkdir -p etc a/b/c; echo inside > etc/passwd; ln -s /etc/passwd absolute; ln -s ../../../../../../../../etc/passwd a/b/c/climb
            ln -s {{canary}} host; ln -s /proc/self/root{{canary}} by-proc; ln -s / root; ln -s loop-b loop-a; ln -s loop-a loop-b; ln -s . here
            ln -s "$(printf '../%.0s' $(seq 300))etc/passwd" far; mkfifo fifo; mknod null c 1 3; mknod disk b 7 0; ln -s /etc etc-link
            """);
        foreach (var key in new[] { "hostile", "active" })
        {
            if (key is "active")
            {
                await trial.PrepareAsync("active", "hostile");
            }

            foreach (var path in new[] { "absolute", "a/b/c/climb", "far", "root/etc/passwd", "../../../etc/passwd", "/../etc/passwd", "here/here/etc/passwd", "etc-link/passwd", "root/root/absolute", "a/../etc/./passwd", "etc/passwd" })
            {
                Assert.Equal((path, "inside\n"), (path, (await FileAsync(trial, key, path)).Text));
            }

            foreach (var path in new[] { "host", "by-proc", canary, "../../../.." + canary, "root" + canary, "/proc/self/root" + canary, "root/../../.." + canary, "absent/../etc/passwd", "etc/passwd/../passwd" })
            {
                var answer = await FileAsync(trial, key, path);
                Assert.True("not_found" == answer.Code, $"{path}: {answer.Text}");
            }

            foreach (var path in new[] { "fifo", "null", "disk", "loop-a", "loop-b" })
            {
                Assert.Equal((path, "file_not_readable"), (path, (await FileAsync(trial, key, path)).Code));
            }

            foreach (var path in new[] { "%00", "etc%00/passwd", new string('a', 5000), "" })
            {
                Assert.Equal("invalid_request", (await trial.GetAsync(key, $"/files?path={path}")).Code);
            }
        }

        Assert.All(await TarAsync(trial, "hostile", "/"), entry => Assert.DoesNotContain("the host's secret", Encoding.UTF8.GetString(entry.Data)));
        await trial.AssertNothingReadsAsync();
        Directory.Delete(Path.GetDirectoryName(canary)!, recursive: true);
    }

    [Theory]
    [MemberData(nameof(SnapshotTrial.Readable), MemberType = typeof(SnapshotTrial))]
    public async Task Folder_as_a_tar_is_what_the_mounted_tree_is(string version, string snapshotter)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, version, snapshotter);
        await trial.LayerAsync("one", null, "mkdir -p d/e; echo a > d/a; echo b > d/b; chmod 4711 d/b");
        await trial.LayerAsync("two", "one", "rm d/a; echo long > d/$(printf 'n%.0s' $(seq 200)); ln -s b d/link; mkfifo d/pipe; mknod d/null c 1 3; head -c 300000 /dev/urandom > d/e/random");
        var entries = await TarAsync(trial, "two", "d");
        await trial.PrepareAsync("view", "two", kind: "view");
        var found = await trial.ChangeAsync("view", "cd d; find . -mindepth 1 -printf '%P %y %04m %l\\n' | LC_ALL=C sort");
        Assert.Equal(found.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd()), entries.Select(entry => entry.Text));
        var hash = (await trial.ChangeAsync("view", "sha256sum d/e/random")).Split(' ')[0];
        Assert.Equal("sha256:" + hash, Layer.Hash(entries.Single(entry => entry.Text.StartsWith("e/random", StringComparison.Ordinal)).Data));
        Assert.Equal("not_acceptable", (await trial.GetAsync("two", "/files?path=d", ("Accept", "image/png"))).Code);
        await trial.AssertNothingReadsAsync();
    }

    private static Task<Answer> FileAsync(SnapshotTrial trial, string key, string path) => trial.GetAsync(key, $"/files?path={Uri.EscapeDataString(path)}");

    private static async Task<(string Text, byte[] Data)[]> TarAsync(SnapshotTrial trial, string key, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, trial.PathOf(key, $"/files?path={path}"));
        request.Headers.Accept.ParseAdd("application/x-tar");
        using var answer = await trial.Node.Api.Http.SendAsync(request);
        Assert.Equal("application/x-tar", answer.Content.Headers.ContentType?.MediaType);
        var entries = new List<(string, byte[])>();
        await using var tar = new TarReader(await answer.Content.ReadAsStreamAsync());
        while (await tar.GetNextEntryAsync() is { } entry)
        {
            using var data = new MemoryStream();
            if (entry.DataStream is not null)
            {
                await entry.DataStream.CopyToAsync(data);
            }

            var type = entry.EntryType switch { TarEntryType.Directory => "d", TarEntryType.SymbolicLink => "l", TarEntryType.Fifo => "p", TarEntryType.CharacterDevice => "c", TarEntryType.BlockDevice => "b", _ => "f" };
            entries.Add(($"{entry.Name.TrimEnd('/')} {type} {Convert.ToString((int)entry.Mode, 8).PadLeft(4, '0')} {entry.LinkName}".TrimEnd(), data.ToArray()));
        }

        return [.. entries.OrderBy(entry => entry.Item1, StringComparer.Ordinal)];
    }
}
