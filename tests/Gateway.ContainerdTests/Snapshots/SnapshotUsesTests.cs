using System.Net;
using Gateway.TestKit;
using Google.Protobuf;

namespace Gateway.ContainerdTests.Snapshots;

/// <summary>Snapshots that something stands on: containers, tasks and images.</summary>
public sealed class SnapshotUsesTests(Nodes nodes)
{
    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Snapshot_of_a_container_stays_while_its_record_does(string version)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, version);
        await using var registry = await ScriptedRegistry.StartAsync();
        var reference = registry.Add("acme/app:1", TestImage.Small(901));
        await trial.Node.Api.PullAsync(trial.Name, new { reference });
        await trial.Node.Ctr.RunAsync(trial.Name, "containers", "create", reference, "box");

        foreach (var answer in new[]
        {
            await trial.Node.Api.SendAsync(HttpMethod.Delete, trial.PathOf("box")),
            await trial.Node.Api.PostAsync(trial.PathOf("box", "/commit"), new { name = "taken" }),
        })
        {
            Assert.Equal((HttpStatusCode.Conflict, "snapshot_in_use"), (answer.Status, answer.Code));
            Assert.Contains("container 'box'", (string?)answer.Json["detail"]);
        }

        Assert.Contains("box", await trial.KeysAsync());
        await trial.HoldAsync("box");
        await trial.Node.Ctr.RunAsync(trial.Name, "containers", "rm", "--keep-snapshot", "box");
        Assert.Equal(HttpStatusCode.NoContent, (await trial.Node.Api.SendAsync(HttpMethod.Delete, trial.PathOf("box"))).Status);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Snapshot_of_a_running_task_stays_though_its_record_is_gone(string version)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, version);
        await using var registry = await ScriptedRegistry.StartAsync();
        var reference = registry.Add("acme/busybox:1", Busybox());
        await trial.Node.Api.PullAsync(trial.Name, new { reference });
        await trial.Node.Ctr.RunAsync(trial.Name, "run", "-d", "--null-io", reference, "runs", "/bin/busybox", "sleep", "600");
        await trial.HoldAsync("runs");
        try
        {
            await RawGrpc.CallAsync(trial.Node.Containerd.Address, trial.Name, "containerd.services.containers.v1.Containers/Delete", IdOnly);
            var refused = await trial.Node.Api.SendAsync(HttpMethod.Delete, trial.PathOf("runs"));
            Assert.True(refused.Code is "snapshot_in_use", refused.Text);
            Assert.Contains("task 'runs'", (string?)refused.Json["detail"]);
        }
        finally
        {
            // A record of the same id gives the daemon its hold on the task back.
            await trial.Node.Ctr.RunAsync(trial.Name, "containers", "create", "--snapshotter", "native", reference, "runs");
            await trial.Node.Ctr.RunAsync(trial.Name, "tasks", "rm", "-f", "runs");
        }
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Tree_nests_children_with_their_sizes_and_images(string version)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, version);
        await using var registry = await ScriptedRegistry.StartAsync();
        var shared = Layer.Of(Compression.Gzip, ("a", "shared"));
        var (first, second) = (TestImage.Of(shared, Layer.Of(Compression.Gzip, ("b", "1"))), TestImage.Of(shared));
        var (one, two) = (registry.Add("acme/one:1", first), registry.Add("acme/two:1", second));
        await trial.Node.Api.PullAsync(trial.Name, new { reference = one });
        await trial.Node.Api.PullAsync(trial.Name, new { reference = two });
        await trial.PrepareAsync("<b>\"quoted\" & x", first.ChainIds[1]);

        var root = (await trial.Node.Api.GetAsync(trial.Base + "?view=tree")).Json["items"]!.AsArray().Single()!;
        Assert.Equal((shared.DiffId, $"{one},{two}"), ((string?)root["key"], string.Join(',', root["images"]!.AsArray().Select(name => (string?)name))));
        var child = root["children"]!.AsArray().Single()!;
        Assert.Equal((first.ChainIds[1], one), ((string?)child["key"], (string?)child["images"]!.AsArray().Single()));
        Assert.True((long)child["sizeBytes"]! > 0);
        var leaf = child["children"]!.AsArray().Single()!;
        Assert.Equal(("active", 0, 0), ((string?)leaf["kind"], leaf["images"]!.AsArray().Count, leaf["children"]!.AsArray().Count));

        var text = await DrawnAsync(trial, "text/plain");
        Assert.StartsWith($"{shared.DiffId[..19]}  committed", text, StringComparison.Ordinal);
        Assert.Contains($"\n└─ {first.ChainIds[1][..19]}  committed", text);
        Assert.Contains("\n   └─ <b>\"quoted\" & x  active", text);
        Assert.Contains(" ← " + one, text);
        var svg = System.Xml.Linq.XDocument.Parse(await DrawnAsync(trial, "image/svg+xml"));
        Assert.Equal(3, svg.Descendants().Count(element => element.Name.LocalName is "circle"));
        var mermaid = await DrawnAsync(trial, "text/vnd.mermaid");
        Assert.Contains("n1 --> n2", mermaid);
        Assert.DoesNotContain("<b>", mermaid);
        Assert.Equal("not_acceptable", (await trial.Node.Api.SendAsync(HttpMethod.Get, trial.Base, null, ("Accept", "image/png"))).Code);
        Assert.Equal("invalid_request", (await trial.Node.Api.GetAsync(trial.Base + "?view=round")).Code);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Deep_chain_nests_as_deep(string version)
    {
        await using var trial = await SnapshotTrial.OnAsync(nodes, version);
        for (var i = 0; i < 60; i++)
        {
            await trial.PrepareAsync($"a{i}", i is 0 ? null : $"l{i - 1}");
            await trial.CommitAsync($"a{i}", $"l{i}");
        }

        var node = (await trial.Node.Api.SendAsync(HttpMethod.Get, trial.Base + "?view=tree")).Text;
        Assert.Contains("\"l59\"", node);
        Assert.Equal(60, (int)(await trial.OkAsync("l59", "/usage"))["withParents"]!["snapshots"]!);
    }

    private static void IdOnly(CodedOutputStream message)
    {
        message.WriteTag(1, WireFormat.WireType.LengthDelimited);
        message.WriteString("runs");
    }

    private static async Task<string> DrawnAsync(SnapshotTrial trial, string mediaType)
    {
        var answer = await trial.Node.Api.SendAsync(HttpMethod.Get, trial.Base, null, ("Accept", mediaType));
        Assert.True(answer.MediaType == mediaType, answer.Text);
        return answer.Text;
    }

    private static TestImage Busybox()
    {
        using var tar = new MemoryStream();
        using (var writer = new System.Formats.Tar.TarWriter(tar, leaveOpen: true))
        {
            writer.WriteEntry(new System.Formats.Tar.PaxTarEntry(System.Formats.Tar.TarEntryType.RegularFile, "bin/busybox")
            {
                Mode = UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute,
                DataStream = new MemoryStream(File.ReadAllBytes("/bin/busybox")),
            });
        }

        return TestImage.Of(Layer.Of(Compression.Gzip, tar.ToArray()));
    }
}
