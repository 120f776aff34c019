using Gateway.Containerd;
using Gateway.Containerd.Tenancy;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Tenancy;

/// <summary>The probe against daemons of both policies: what it says, and that nothing of it stays.</summary>
public sealed class SharingProbeTests
{
    private static readonly string Unfinished = new('a', 32);

    public static TheoryData<string, bool> Policies => [.. from version in Versions.All from isShared in new[] { true, false } select (version, isShared)];

    [Theory]
    [MemberData(nameof(Policies))]
    public async Task Eight_at_once_say_what_the_policy_is_and_leave_nothing(string version, bool isShared)
    {
        await using var daemon = await ContainerdDaemon.StartAsync(version, moreConfig: isShared ? "" : Tenants.Isolated);
        using var containerd = new ContainerdClient(daemon.Address);
        var probe = new SharingProbe(containerd, TimeProvider.System);
        var said = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => probe.GivesAwayAsync(CancellationToken.None)));
        Assert.All(said, gives => Assert.Equal(isShared, gives));
        await IsBareAsync(daemon);
    }

    [Fact]
    public async Task Label_of_a_namespace_reopens_it_and_is_found()
    {
        await using var daemon = await ContainerdDaemon.StartAsync(Versions.Oldest, moreConfig: Tenants.Isolated);
        using var containerd = new ContainerdClient(daemon.Address);
        await daemon.Ctr.RunAsync("default", "namespaces", "create", "b", $"{ShareableNamespaces.Label}=true");
        await daemon.Ctr.RunAsync("default", "namespaces", "create", "a", $"{ShareableNamespaces.Label}=true");
        await daemon.Ctr.RunAsync("default", "namespaces", "create", "c", $"{ShareableNamespaces.Label}=false");
        Assert.Equal(["a", "b"], await containerd.ShareableNamespacesAsync(CancellationToken.None));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task What_a_killed_probe_has_left_goes_and_nothing_else_does(string version)
    {
        await using var daemon = await ContainerdDaemon.StartAsync(version);
        var now = DateTimeOffset.UtcNow;
        string[] left = [NameOf(now.AddMinutes(-2), "owner"), NameOf(now.AddMinutes(-2), "thief"), NameOf(now.AddYears(1), "owner")];
        string[] others = [NameOf(now, "owner"), "gateway-probe-mine", "other"];
        foreach (var ns in left.Concat(others))
        {
            await daemon.Ctr.RunAsync(ns, "leases", "create", "--id", "probe");
            await RawGrpc.PutBlobAsync(daemon.Address, ns, [1, 2, 3, (byte)ns.Length], ("containerd.io/gc.root", "x"));
            await RawGrpc.LeaveIngestAsync(daemon.Address, ns, "probe", [4, 5, 6]);
        }

        using var containerd = new ContainerdClient(daemon.Address);
        Assert.Equal(1, await ProbeNamespaces.SweepAsync(containerd, now, CancellationToken.None));
        Assert.Equal(others.Order(), (await daemon.Ctr.NamespacesAsync()).Order());
        foreach (var ns in others)
        {
            Assert.Single(await daemon.Ctr.BlobsAsync(ns));
            Assert.Single(await daemon.Ctr.IngestsAsync(ns));
            Assert.Single(await daemon.Ctr.LeasesAsync(ns));
        }
    }

    [Fact]
    public async Task Daemon_that_is_not_there_is_neither()
    {
        using var containerd = new ContainerdClient("/nonexistent");
        await Assert.ThrowsAsync<Grpc.Core.RpcException>(() => new SharingProbe(containerd, TimeProvider.System).GivesAwayAsync(CancellationToken.None));
    }

    private static string NameOf(DateTimeOffset made, string role) => $"gateway-probe-{made.ToUnixTimeSeconds()}-{Unfinished}-{role}";

    // Neither in the records nor, after a collection, on disk.
    private static async Task IsBareAsync(ContainerdDaemon daemon)
    {
        Assert.Empty(await daemon.Ctr.NamespacesAsync());
        await daemon.Ctr.CollectAsync("default");
        Assert.Empty(FilesIn(daemon, "blobs/sha256"));
        Assert.Empty(FilesIn(daemon, "ingest"));
    }

    private static string[] FilesIn(ContainerdDaemon daemon, string folder) =>
        new DirectoryInfo(Path.Combine(daemon.ContentStore, folder)) is { Exists: true } found ? [.. found.EnumerateFileSystemInfos().Select(entry => entry.Name)] : [];
}
