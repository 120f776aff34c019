namespace Gateway.TestKit;

/// <summary>The distribution's dockerd with its own root, on a containerd of the tests: what users load archives into. It runs no container and has no network.</summary>
public sealed class DockerEngine : IAsyncDisposable
{
    private readonly string folder = Repo.NewFolder("docker");
    private ChildProcess? process;

    private string Address => $"unix://{folder}/d.sock";

    public static async Task<DockerEngine> StartAsync(string containerdAddress)
    {
        var engine = new DockerEngine();
        engine.process = ChildProcess.Start("dockerd",
        [
            "--host", engine.Address, "--containerd", containerdAddress, "--data-root", Path.Combine(engine.folder, "root"),
            "--exec-root", Path.Combine(engine.folder, "exec"), "--pidfile", Path.Combine(engine.folder, "pid"),
            "--storage-driver", "vfs", "--iptables=false", "--ip6tables=false", "--bridge=none",
        ]);
        await Wait.UntilAsync(async () => engine.process.HasExited
            ? throw new InvalidOperationException("dockerd did not start: " + engine.process.Log)
            : (await ChildProcess.TryRunAsync("/usr/bin/docker", "--host", engine.Address, "version")).Exit is 0, "dockerd serves");
        return engine;
    }

    /// <summary>Runs Docker's command line.</summary>
    public Task<string> RunAsync(params string[] arguments) => ChildProcess.RunAsync("/usr/bin/docker", ["--host", Address, .. arguments]);

    public async ValueTask DisposeAsync()
    {
        if (process is { HasExited: false })
        {
            await process.TerminateAsync();
        }

        if (process is not null)
        {
            await process.DisposeAsync();
        }

        await Leftovers.UnmountAsync(folder);
        Directory.Delete(folder, recursive: true);
    }
}
