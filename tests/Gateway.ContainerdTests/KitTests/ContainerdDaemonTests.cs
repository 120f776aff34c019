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
    public async Task Labels_of_all_snapshots_are_those_that_ctr_shows_of_each(string version)
    {
        var daemon = await daemons.OfAsync(version);
        await using var ns = daemon.NewNamespace("snapshots");
        await ns.CtrAsync("snapshots", "prepare", "plain");
        await ns.CtrAsync("snapshots", "prepare", "labeled");
        await ns.CtrAsync("snapshots", "label", "labeled", "one=1", "two=2");

        var names = (await RawSnapshots.LabelNamesAsync(daemon, ns.Name)).OrderBy(each => each.Length).Select(each => each.Order(StringComparer.Ordinal).ToArray()).ToArray();

        var shown = new[] { await NamesAsync("plain"), await NamesAsync("labeled") };
        Assert.Equal(2, shown[1].Except(shown[0]).Count());
        Assert.Equal(shown, names);

        async Task<string[]> NamesAsync(string key) => [.. ((await daemon.Ctr.SnapshotAsync(ns.Name, key))["Labels"]?.AsObject() ?? []).Select(label => label.Key).Order(StringComparer.Ordinal)];
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
