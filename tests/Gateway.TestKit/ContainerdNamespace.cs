namespace Gateway.TestKit;

/// <summary>A namespace of one test, on a daemon that tests share. Disposing it removes all that is in it, and itself.</summary>
public sealed class ContainerdNamespace(ContainerdDaemon daemon, string name) : IAsyncDisposable
{
    public string Name { get; } = name;

    public ContainerdDaemon Daemon { get; } = daemon;

    public Task<string> CtrAsync(params string[] arguments) => Daemon.Ctr.RunAsync(Name, arguments);

    public Task<IReadOnlyList<string>> ViolationsAsync(string snapshotter = "overlayfs") => Invariants.CheckAsync(Daemon, Name, snapshotter);

    public async ValueTask DisposeAsync()
    {
        var records = Daemon.RecordsOf(Name);
        foreach (var (lease, _) in await records.LeasesAsync())
        {
            try
            {
                await CtrAsync("leases", "rm", lease);
            }
            catch (InvalidOperationException gone) when (gone.Message.Contains("not found", StringComparison.Ordinal))
            {
                // One whose term has passed may fall to the daemon's collector after it was listed.
            }
        }

        if (await records.ImagesAsync() is { Length: > 0 } images)
        {
            await CtrAsync(["images", "rm", .. images.Select(image => image.Name)]);
        }

        // Waited for: what has lost its lease or image goes now, and not between a list and a removal below.
        await Daemon.Ctr.CollectAsync(Name);
        foreach (var ingest in await records.IngestsAsync())
        {
            await RawGrpc.AbortIngestAsync(Daemon.Address, Name, ingest);
        }

        foreach (var snapshotter in Daemon.Snapshotters)
        {
            await RemoveSnapshotsAsync(snapshotter);
        }

        if (await records.BlobsAsync() is { Count: > 0 } blobs)
        {
            await CtrAsync(["content", "rm", .. blobs.Keys]);
        }

        if ((await records.NamespacesAsync()).Contains(Name))
        {
            await CtrAsync("namespaces", "rm", Name);
        }
    }

    // Children go before their parents, so it takes as many rounds as the chain is long; a round that removes nothing is the last.
    private async Task RemoveSnapshotsAsync(string snapshotter)
    {
        var left = await Daemon.RecordsOf(Name).SnapshotsAsync(snapshotter);
        while (left.Length > 0)
        {
            foreach (var leaf in left.Where(snapshot => !left.Any(other => other.Parent == snapshot.Key)))
            {
                await CtrAsync("snapshots", "--snapshotter", snapshotter, "rm", leaf.Key);
            }

            var before = left.Length;
            left = await Daemon.RecordsOf(Name).SnapshotsAsync(snapshotter);
            if (left.Length == before)
            {
                throw new InvalidOperationException($"namespace {Name} keeps {left.Length} snapshots");
            }
        }
    }
}
