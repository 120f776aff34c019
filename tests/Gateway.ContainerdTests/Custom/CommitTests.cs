using Gateway.ContainerdTests.Snapshots;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Custom;

/// <summary>Images of what containers and snapshots have changed.</summary>
public sealed class CommitTests(Nodes nodes)
{
    private const string Name = "docker.io/acme/committed:1";
    private const string Change = "mkdir srv; echo changed > srv/new; rm etc/seed";

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Committed_running_container_is_an_image_that_runs_and_pushes(string version)
    {
        var node = await nodes.NodeAsync(version);
        var ns = nodes.NewName("commit");
        var from = CustomCalls.Base();
        var @base = await nodes.BringAsync(node, ns, from);
        var registry = await nodes.RegistryAsync();
        var name = $"{registry.Host}/{nodes.NewName("committed")}:1";
        await node.Ctr.RunAsync(ns, "run", "--detach", @base, "c1", "/bin/sh", "-c", "sleep 600");
        await node.Ctr.RunAsync(ns, "tasks", "exec", "--exec-id", "e1", "c1", "/bin/sh", "-c", $"cd /; {Change}");

        var result = await node.Api.MakeAsync("commit", ns, new
        {
            container = "c1",
            reference = name,
            author = "a tester",
            message = "what it did",
            config = new { entrypoint = new[] { "/bin/sh", "-c" }, cmd = new[] { "cat srv/new; ls etc" }, workingDir = "/" },
        });

        Assert.Single(result["layers"]!.AsArray());
        await node.Ctr.RunAsync(ns, "tasks", "kill", "--signal", "KILL", "c1");
        await Wait.UntilAsync(async () => (await node.Ctr.RunAsync(ns, "tasks", "ls")).Contains("STOPPED", StringComparison.Ordinal), "the container has ended");
        await node.Ctr.RunAsync(ns, "tasks", "rm", "c1");
        await node.Ctr.RunAsync(ns, "containers", "rm", "c1");
        Assert.Matches(Ctr.Complete, await node.Ctr.CheckAsync(ns, name));
        Assert.Equal("changed\nstays\n", await node.Ctr.RunAsync(ns, "run", "--rm", name, "c2"));
        var platform = await node.Api.PlatformAsync(ns, name);
        Assert.Equal(from.Layers.Count + 1, platform["layers"]!.AsArray().Count);
        Assert.True((bool)platform["unpacked"]!["overlayfs"]!);
        Assert.Equal("what it did", (string?)platform["history"]!.AsArray()[^1]!["comment"]);
        await node.Ctr.RunAsync(ns, "images", "push", "--plain-http", name);
        await node.Ctr.RunAsync(ns, "images", "rm", @base);
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns));
        Assert.Matches(Ctr.Complete, await node.Ctr.CheckAsync(ns, name));
    }

    [Theory]
    [MemberData(nameof(SnapshotTrial.Each), MemberType = typeof(SnapshotTrial))]
    public async Task Committed_snapshot_is_its_parent_and_the_changes(string version, string snapshotter)
    {
        var node = await nodes.NodeAsync(version);
        var ns = nodes.NewName("snapshot");
        var from = CustomCalls.Base();
        var @base = await nodes.BringAsync(node, ns, from, snapshotter: snapshotter);
        await node.Ctr.ChangeAsync(ns, "work one", from.ChainIds[^1], Change, snapshotter);

        await node.Api.MakeAsync("commit", ns, new { snapshotter, snapshot = "work one", @base, reference = Name, mediaType = "application/vnd.oci.image.layer.v1.tar" });

        Assert.Matches(Ctr.Complete, await node.Ctr.CheckAsync(ns, Name, snapshotter));
        var platform = await node.Api.PlatformAsync(ns, Name);
        var layer = platform["layers"]!.AsArray()[^1]!;
        Assert.Equal((string?)layer["digest"], (string?)layer["diffId"]);
        Assert.Contains("srv/new", await ChildProcess.RunAsync("tar", "-tf", node.Containerd.BlobPath((string)layer["digest"]!)));
        var made = (await node.Ctr.SnapshotsAsync(ns, snapshotter)).Single(snapshot => snapshot.Key == (string?)layer["chainId"]);
        Assert.Equal((from.ChainIds[^1], "Committed"), (made.Parent, made.Kind));
        await node.Ctr.RemoveSnapshotAsync(ns, "work one", snapshotter);
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns, snapshotter));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Snapshot_without_changes_makes_an_image_without_a_new_layer(string version)
    {
        var node = await nodes.NodeAsync(version);
        var ns = nodes.NewName("unchanged");
        var from = CustomCalls.Base();
        var @base = await nodes.BringAsync(node, ns, from);
        await node.Ctr.ChangeAsync(ns, "w", from.ChainIds[^1], "true");

        var result = await node.Api.MakeAsync("commit", ns, new { snapshotter = "overlayfs", snapshot = "w", @base, reference = Name });

        Assert.Empty(result["layers"]!.AsArray());
        var platform = await node.Api.PlatformAsync(ns, Name);
        Assert.Equal(from.Layers.Select(layer => layer.Digest), platform["layers"]!.AsArray().Select(layer => (string?)layer!["digest"]));
        Assert.True((bool)platform["history"]!.AsArray()[^1]!["emptyLayer"]!);
        await node.Ctr.RemoveSnapshotAsync(ns, "w");
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Docker_base_keeps_its_types_and_the_given_time_makes_it_reproducible(string version)
    {
        var node = await nodes.NodeAsync(version);
        var ns = nodes.NewName("docker-commit");
        var from = CustomCalls.Base(docker: true);
        var @base = await nodes.BringAsync(node, ns, from);
        // A whiteout's time is only given by the caller since 1.7, so nothing is removed here.
        await node.Ctr.ChangeAsync(ns, "w", from.ChainIds[^1], "echo x > new");
        var request = new { snapshotter = "overlayfs", snapshot = "w", @base, reference = Name, timestamp = "2026-01-31T12:00:00Z" };

        var first = await node.Api.MakeAsync("commit", ns, request);
        var second = await node.Api.MakeAsync("commit", ns, request);

        Assert.Equal((string?)first["digest"], (string?)second["digest"]);
        Assert.Equal((true, false), ((bool)first["changed"]!, (bool)second["changed"]!));
        Assert.All((await node.Api.PlatformAsync(ns, Name))["layers"]!.AsArray(), layer => Assert.Equal("application/vnd.docker.image.rootfs.diff.tar.gzip", (string?)layer!["mediaType"]));
        Assert.Matches(Ctr.Complete, await node.Ctr.CheckAsync(ns, Name));
        await node.Ctr.RemoveSnapshotAsync(ns, "w");
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Zstd_layer_is_made_where_the_daemon_can_and_refused_as_501_elsewhere(string version)
    {
        var node = await nodes.NodeAsync(version);
        var ns = nodes.NewName("zstd");
        var from = CustomCalls.Base();
        var @base = await nodes.BringAsync(node, ns, from);
        await node.Ctr.ChangeAsync(ns, "w", from.ChainIds[^1], Change);
        var id = await node.Api.StartAsync("commit", ns, new { snapshotter = "overlayfs", snapshot = "w", @base, reference = Name, mediaType = "application/vnd.oci.image.layer.v1.tar+zstd" });

        var job = await node.Api.EndOfAsync(id);

        if (version is "2")
        {
            Assert.True((string?)job["state"] is "succeeded", job.ToJsonString());
            Assert.Matches(Ctr.Complete, await node.Ctr.CheckAsync(ns, Name));
        }
        else
        {
            Assert.True((string?)job["error"]?["code"] is "not_supported_by_containerd", job.ToJsonString());
            Assert.Equal(501, (int)job["error"]!["status"]!);
            Assert.Equal([@base], await node.Ctr.ImagesAsync(ns));
        }

        await node.Ctr.RemoveSnapshotAsync(ns, "w");
        Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns));
    }
}
