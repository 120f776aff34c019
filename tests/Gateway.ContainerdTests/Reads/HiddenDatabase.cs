using Gateway.TestKit;

namespace Gateway.ContainerdTests.Reads;

/// <summary>Something else mounted over the folder of a running daemon's metadata database: nothing, or a locked copy of it.</summary>
public sealed class HiddenDatabase : IAsyncDisposable
{
    private readonly string folder;
    private readonly string other;
    private ChildProcess? holder;

    private HiddenDatabase(string folder, string other) => (this.folder, this.other) = (folder, other);

    public static async Task<HiddenDatabase> HideAsync(ContainerdDaemon daemon, bool withCopy)
    {
        var hidden = new HiddenDatabase(Path.Combine(daemon.Root, "io.containerd.metadata.v1.bolt"), Repo.NewFolder("hidden"));
        if (withCopy)
        {
            var copy = Path.Combine(hidden.other, "meta.db");
            await ChildProcess.RunAsync("cp", Path.Combine(hidden.folder, "meta.db"), copy);
            hidden.holder = ChildProcess.Start("flock", ["--no-fork", "--exclusive", copy, "sleep", "600"]);
            await Wait.UntilAsync(async () => (await ChildProcess.TryRunAsync("flock", "--nonblock", copy, "true")).Exit is not 0, "the copy is locked");
        }

        await ChildProcess.RunAsync("mount", "--bind", hidden.other, hidden.folder);
        return hidden;
    }

    public async ValueTask DisposeAsync()
    {
        await ChildProcess.RunAsync("umount", folder);
        if (holder is not null)
        {
            await holder.DisposeAsync();
        }

        Directory.Delete(other, recursive: true);
    }
}
