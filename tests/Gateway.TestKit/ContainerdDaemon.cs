namespace Gateway.TestKit;

/// <summary>A private containerd with its own root, state and socket.</summary>
public sealed class ContainerdDaemon : ContainerdPlace, IAsyncDisposable
{
    private readonly string folder;
    private readonly IReadOnlyDictionary<string, string?> environment;
    private readonly bool withBtrfs;
    private readonly bool withCri;
    private ChildProcess? process;
    private string earlierLog = "";
    private int namespaces;

    private ContainerdDaemon(string version, string folder, IReadOnlyDictionary<string, string?> environment, string moreConfig, bool withBtrfs, bool withCri)
        : base(Program(version, "ctr"), Path.Combine(folder, "c.sock"), Path.Combine(folder, "root"), Path.Combine(folder, "state"))
    {
        (Version, this.folder, this.environment, MoreConfig, this.withBtrfs, this.withCri) = (version, folder, environment, moreConfig, withBtrfs, withCri);
    }

    /// <summary>The versions this kit can start.</summary>
    public static IReadOnlyList<string> KnownVersions { get; } = ["1.6", "1.7", "2"];

    /// <summary>The versions to test on: all, or those that <c>TEST_CONTAINERD_VERSIONS</c> lists ("1.6,2").</summary>
    public static IReadOnlyList<string> Versions { get; } = Narrowed(Environment.GetEnvironmentVariable("TEST_CONTAINERD_VERSIONS"));

    /// <summary>The snapshotters of a daemon that was started with all this machine has.</summary>
    public static IReadOnlyList<string> MachineSnapshotters { get; } =
        File.ReadLines("/proc/filesystems").Contains("\tbtrfs", StringComparer.Ordinal) ? ["overlayfs", "native", "btrfs"] : ["overlayfs", "native"];

    /// <summary><c>1.6</c>, <c>1.7</c> or <c>2</c>.</summary>
    public string Version { get; }

    public IReadOnlyList<string> Snapshotters => withBtrfs ? MachineSnapshotters : ["overlayfs", "native"];

    /// <summary>Tables beside the kit's own configuration, from the next start on.</summary>
    public string MoreConfig { get; set; }

    public bool HasExited => process!.HasExited;

    public int Id => process!.Id;

    /// <summary>What the daemon wrote since its first start.</summary>
    public string Log => earlierLog + process?.Log;

    /// <param name="version">One of <see cref="KnownVersions"/>.</param>
    /// <param name="environment">For 2.x: the <c>OTEL_*</c> variables.</param>
    /// <param name="diskMegabytes">Puts the root on a tmpfs of this size, to run full.</param>
    /// <param name="moreConfig">Tables to add to its configuration.</param>
    /// <param name="withBtrfs">Whether it gets a btrfs to keep snapshots on, where the kernel knows that.</param>
    /// <param name="withCri">Whether it serves a kubelet too.</param>
    public static async Task<ContainerdDaemon> StartAsync(
        string version, IReadOnlyDictionary<string, string?>? environment = null, int? diskMegabytes = null, string moreConfig = "", bool withBtrfs = false, bool withCri = false)
    {
        var daemon = new ContainerdDaemon(version, Repo.NewFolder("cd"), environment ?? new Dictionary<string, string?>(), moreConfig, withBtrfs, withCri);
        Directory.CreateDirectory(daemon.Root);
        try
        {
            if (diskMegabytes is not null)
            {
                await ChildProcess.RunAsync("mount", "-t", "tmpfs", "-o", $"size={diskMegabytes}m", "tmpfs", daemon.Root);
            }

            if (daemon.Snapshotters.Contains("btrfs"))
            {
                await daemon.MountBtrfsAsync();
            }

            await daemon.StartAsync();
            return daemon;
        }
        catch
        {
            await daemon.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it, again after <see cref="KillAsync"/>, on the same root.</summary>
    public async Task StartAsync()
    {
        var config = Path.Combine(folder, "config.toml");
        await File.WriteAllTextAsync(config, Config);
        earlierLog = Log;
        process = ChildProcess.Start(Program(Version, "containerd"), ["--config", config], environment);
        await Wait.UntilAsync(async () =>
        {
            return process.HasExited
                ? throw new InvalidOperationException($"containerd {Version} did not start: {Log}")
                : (await ChildProcess.TryRunAsync(Program(Version, "ctr"), "--address", Address, "--connect-timeout", "1s", "version")).Exit is 0;
        }, $"containerd {Version} serves");
    }

    /// <inheritdoc cref="ChildProcess.HasEndedAsync"/>
    public Task HasEndedAsync() => process!.HasEndedAsync();

    /// <summary>SIGKILL; root and state stay.</summary>
    public async Task KillAsync() => await process!.KillAsync();

    /// <summary>A namespace that no other test has.</summary>
    public ContainerdNamespace NewNamespace(string purpose = "test") => new(this, $"{purpose}-{Interlocked.Increment(ref namespaces)}");

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
        {
            await process.DisposeAsync();
        }

        await Leftovers.EndProcessesAsync(Address);
        var metadata = Path.Combine(Root, "io.containerd.metadata.v1.bolt", "meta.db");
        string[] leaks = [.. Canary.LeaksOf("containerd's log", Log), .. File.Exists(metadata) ? Canary.LeaksOf("containerd's metadata", await File.ReadAllBytesAsync(metadata)) : []];
        await Leftovers.UnmountAsync(folder);
        Directory.Delete(folder, recursive: true);
        Canary.ThrowIfAny(leaks);
    }

    // The loop device goes with the mount.
    private async Task MountBtrfsAsync()
    {
        var disk = Path.Combine(folder, "btrfs.img");
        await using (var file = File.Create(disk))
        {
            file.SetLength(1L << 30); // sparse
        }

        await ChildProcess.RunAsync("mkfs.btrfs", "--quiet", disk);
        await ChildProcess.RunAsync("mount", "-o", "loop", disk, Directory.CreateDirectory(Path.Combine(Root, "io.containerd.snapshotter.v1.btrfs")).FullName);
    }

    private static string[] Narrowed(string? versions)
    {
        var wanted = versions?.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries) ?? [.. KnownVersions];
        var unknown = wanted.Except(KnownVersions).ToArray();
        return wanted.Length > 0 && unknown.Length is 0
            ? wanted
            : throw new InvalidOperationException($"TEST_CONTAINERD_VERSIONS takes some of {string.Join(", ", KnownVersions)}");
    }

    private string Config =>
        $"""
        version = 2
        root = "{Root}"
        state = "{State}"
        disabled_plugins = [{(withCri ? "" : "\"io.containerd.grpc.v1.cri\", \"io.containerd.cri.v1.images\", \"io.containerd.cri.v1.runtime\", ")}"io.containerd.nri.v1.nri", {(Snapshotters.Contains("btrfs") ? "" : "\"io.containerd.snapshotter.v1.btrfs\", ")}"io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.internal.v1.opt"]
        [grpc]
          address = "{Address}"
        [ttrpc]
          address = "{Address}.ttrpc"
        {MoreConfig}
        """;

    private static string Program(string version, string name) => version is "1.6" ? $"/usr/bin/{name}" : Path.Combine(Repo.Cache, "containerd", version, "usr", "bin", name);
}
