using Gateway.TestKit;

namespace Gateway.ContainerdTests.KitTests;

public sealed class ContainerdDaemonTests(Nodes nodes, Daemons daemons)
{
    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Daemon_is_of_the_version_it_is_named_by(string version)
    {
        var daemon = await daemons.OfAsync(version);
        var answer = await daemon.Ctr.RunAsync("default", "version");
        var server = answer[answer.IndexOf("Server:", StringComparison.Ordinal)..];
        Assert.Matches($@"Version:\s+v?{(version is "2" ? @"2\." : version.Replace(".", @"\."))}", server);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Killed_daemon_starts_again_with_what_it_had(string version)
    {
        await using var daemon = await ContainerdDaemon.StartAsync(version);
        await daemon.Ctr.RunAsync("default", "namespaces", "create", "kept");

        await daemon.KillAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => daemon.Ctr.RunAsync("default", "--timeout", "1s", "namespaces", "ls", "-q"));
        await daemon.StartAsync();

        Assert.Contains("kept", await daemon.Ctr.NamespacesAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Overlayfs_and_native_snapshotters_work(string version)
    {
        var daemon = await daemons.OfAsync(version);
        await using var ns = daemon.NewNamespace("snapshotters");
        foreach (var snapshotter in new[] { "overlayfs", "native" })
        {
            await ns.CtrAsync("snapshots", "--snapshotter", snapshotter, "prepare", "key");
            Assert.Equal("Active", (string?)(await daemon.Ctr.SnapshotAsync(ns.Name, "key", snapshotter))["Kind"]);
        }
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Records_are_those_that_ctr_shows(string version)
    {
        var daemon = await daemons.OfAsync(version);
        await using var ns = daemon.NewNamespace("records");
        await ns.CtrAsync("leases", "create", "--id", "held", "one=1", "two=2");
        await RawGrpc.LeaveIngestAsync(daemon.Address, ns.Name, "half", [1, 2, 3]);
        for (var number = 0; number < 101; number++) // more than one message of a stream holds
        {
            await RawGrpc.PutBlobAsync(daemon.Address, ns.Name, BitConverter.GetBytes(number), ("number", $"{number}"), ("containerd.io/gc.root", "now"));
        }

        var archive = Path.Combine(daemon.State, ns.Name + ".tar");
        await File.WriteAllBytesAsync(archive, TestArchive.OciLayout(("docker.io/acme/app:1", TestImage.Small(1)), ("docker.io/acme/other:1", TestImage.Small(2))).ToBytes());
        await ns.CtrAsync("images", "import", archive); // unpacks them too
        await ns.CtrAsync("snapshots", "prepare", "active");
        await ns.CtrAsync("snapshots", "label", "active", "one=1", "two=2");

        var (records, ctr) = (daemon.RecordsOf(ns.Name), daemon.Ctr);

        var (held, labels) = Assert.Single(await records.LeasesAsync());
        Assert.Equal("held", held);
        Assert.Superset(new HashSet<string> { "one", "two" }, labels.Keys.ToHashSet());
        var lease = await ns.CtrAsync("leases", "ls");
        Assert.All(labels, label => Assert.Contains($"{label.Key}={label.Value}", lease, StringComparison.Ordinal));
        Assert.Equal(["half"], await records.IngestsAsync());
        Assert.Equal(await ctr.IngestRefsAsync(ns.Name), await records.IngestsAsync());

        var images = await records.ImagesAsync();
        Assert.Equal(2, images.Length);
        foreach (var (name, target) in images)
        {
            Assert.Equal(await ctr.TargetOfAsync(ns.Name, name), target);
        }

        Assert.Equal((await ctr.ImagesAsync(ns.Name)).Order(), images.Select(image => image.Name).Order());

        var (blobs, shown) = (await records.BlobsAsync(), await ctr.LabelsAsync(ns.Name));
        Assert.Equal(Sorted(shown), Sorted(blobs));
        Assert.True(blobs.Count > 101, $"{blobs.Count} blobs");

        var snapshots = await records.SnapshotsAsync();
        Assert.Equal((await ctr.SnapshotsAsync(ns.Name)).Order(), snapshots.Select(snapshot => (snapshot.Key, snapshot.Parent, snapshot.Kind)).Order());
        Assert.Superset(new HashSet<string> { "Active", "Committed" }, snapshots.Select(snapshot => snapshot.Kind).ToHashSet());
        foreach (var snapshot in snapshots)
        {
            var told = (await ctr.SnapshotAsync(ns.Name, snapshot.Key))["Labels"]?.AsObject() ?? [];
            Assert.Equal(told.Select(label => (label.Key, (string)label.Value!)).Order(), snapshot.Labels.Select(label => (label.Key, label.Value)).Order());
        }

        // Other tests make and remove theirs meanwhile.
        Assert.Contains(ns.Name, await ctr.NamespacesAsync());
        Assert.Contains(ns.Name, await records.NamespacesAsync());

        static IEnumerable<string> Sorted(IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> all) =>
            all.Select(blob => $"{blob.Key} {string.Join(' ', blob.Value.Select(label => $"{label.Key}={label.Value}").Order(StringComparer.Ordinal))}").Order(StringComparer.Ordinal);
    }

    [Fact]
    public async Task Disposed_daemon_leaves_no_process_no_mount_and_no_folder()
    {
        var daemon = await ContainerdDaemon.StartAsync(Versions.All[0], diskMegabytes: 8);
        var folder = Path.GetDirectoryName(daemon.Root)!;
        Assert.Contains(folder, await File.ReadAllTextAsync("/proc/self/mounts"));

        await daemon.DisposeAsync();

        Assert.False(Directory.Exists(folder));
        Assert.DoesNotContain(folder, await File.ReadAllTextAsync("/proc/self/mounts"));
        Assert.NotEqual(0, (await ChildProcess.TryRunAsync("pgrep", "-f", folder)).Exit);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Small_disk_runs_full(string version)
    {
        await using var daemon = await ContainerdDaemon.StartAsync(version, diskMegabytes: 8);
        var image = TestImage.Of(Layer.Random(12 << 20, seed: 1));
        var reference = await (await nodes.RegistryAsync()).PushAsync(nodes.NewName("full"), image);

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => daemon.Ctr.PullAsync("full", reference, "--plain-http"));

        Assert.Contains("no space left on device", failure.Message);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Disposed_namespace_is_gone_with_everything_in_it(string version)
    {
        var daemon = await daemons.OfAsync(version);
        var reference = await (await nodes.RegistryAsync()).PushAsync(nodes.NewName("disposed"), TestImage.Small(3));
        string name;
        await using (var ns = daemon.NewNamespace("disposed"))
        {
            name = ns.Name;
            await daemon.Ctr.PullAsync(name, reference, "--plain-http");
            await ns.CtrAsync("snapshots", "prepare", "planted");
            await ns.CtrAsync("leases", "create", "--id", "planted");
            await RawGrpc.LeaveIngestAsync(daemon.Address, name, "planted", [1, 2, 3]);
            Assert.NotEmpty(await daemon.Ctr.BlobsAsync(name));
        }

        Assert.DoesNotContain(name, await daemon.Ctr.NamespacesAsync());
        Assert.Empty(await Invariants.CheckAsync(daemon, name));
    }
}
