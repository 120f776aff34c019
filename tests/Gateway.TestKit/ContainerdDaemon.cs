namespace Gateway.TestKit;

/// <summary>A private containerd with its own root, state and socket.</summary>
public sealed class ContainerdDaemon : IAsyncDisposable
{
    private readonly string folder;
    private readonly IReadOnlyDictionary<string, string?> environment;
    private readonly bool smallDisk;
    private ChildProcess? process;

    private ContainerdDaemon(string version, string folder, IReadOnlyDictionary<string, string?> environment, bool smallDisk)
    {
        (Version, this.folder, this.environment, this.smallDisk) = (version, folder, environment, smallDisk);
        Ctr = new Ctr(Program("ctr"), Address);
    }

    /// <summary><c>1.6</c>, <c>1.7</c> or <c>2</c>.</summary>
    public string Version { get; }

    public string Address => Path.Combine(folder, "c.sock");

    public string Root => Path.Combine(folder, "root");

    public Ctr Ctr { get; }

    public string Log => process?.Log ?? "";

    /// <param name="diskMegabytes">Puts the root on a tmpfs of this size; its snapshotter is then native.</param>
    public static async Task<ContainerdDaemon> StartAsync(string version, IReadOnlyDictionary<string, string?>? environment = null, int? diskMegabytes = null)
    {
        var daemon = new ContainerdDaemon(version, Repo.NewFolder("cd"), environment ?? new Dictionary<string, string?>(), diskMegabytes is not null);
        Directory.CreateDirectory(daemon.Root);
        if (diskMegabytes is not null)
        {
            await ChildProcess.RunAsync("mount", "-t", "tmpfs", "-o", $"size={diskMegabytes}m", "tmpfs", daemon.Root);
        }

        await daemon.StartAsync();
        return daemon;
    }

    public async Task StartAsync()
    {
        var config = Path.Combine(folder, "config.toml");
        await File.WriteAllTextAsync(config,
            $"""
            version = 2
            root = "{Root}"
            state = "{folder}/state"
            disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime", "io.containerd.nri.v1.nri", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.internal.v1.opt"]
            [grpc]
              address = "{Address}"
            [ttrpc]
              address = "{Address}.ttrpc"
            """);
        process = ChildProcess.Start(Program("containerd"), ["--config", config], environment);
        await Wait.UntilAsync(async () =>
        {
            return process.HasExited
                ? throw new InvalidOperationException($"containerd {Version} did not start: {Log}")
                : (await ChildProcess.TryRunAsync(Program("ctr"), "--address", Address, "--connect-timeout", "1s", "version")).Exit is 0;
        }, $"containerd {Version} serves");
    }

    /// <summary>SIGKILL; root and state stay.</summary>
    public async Task KillAsync() => await process!.KillAsync();

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
        {
            await process.DisposeAsync();
        }

        if (smallDisk)
        {
            await ChildProcess.TryRunAsync("umount", Root);
        }

        Directory.Delete(folder, recursive: true);
    }

    private string Program(string name) => Version is "1.6" ? $"/usr/bin/{name}" : Path.Combine(Repo.Cache, "containerd", Version, "usr", "bin", name);
}
