using Gateway.Containerd;
using Gateway.Containerd.Services.Images;
using Gateway.Containerd.Services.Snapshots;

namespace ReadLoad;

/// <summary>containerd itself, asked by this process over gRPC: what no gateway can do better without memory.</summary>
internal sealed class GrpcTarget(string socket, string containerdNamespace) : IDisposable
{
    private readonly ContainerdClient containerd = new(socket);

    public Func<long> Open(string call, string name)
    {
        var client = containerd.In(containerdNamespace);
        return call switch
        {
            "get" => () => client.Images.Get(new GetImageRequest { Name = name }).CalculateSize(),
            "list" => () => client.Images.List(new ListImagesRequest()).CalculateSize(),
            _ => () => PageAsync(client, name).GetAwaiter().GetResult(),
        };
    }

    /// <summary>Active snapshots on nothing, which the daemon's collector leaves alone.</summary>
    public void Prepare(string snapshotter, int count)
    {
        var snapshots = containerd.In(containerdNamespace).Snapshots;
        for (var number = 0; number < count; number++)
        {
            snapshots.Prepare(new PrepareSnapshotRequest { Snapshotter = snapshotter, Key = $"bench-{number:D6}", Labels = { ["containerd.io/gc.root"] = "bench" } });
        }
    }

    // containerd has no pages: a caller who wants one reads the stream until it has it, and leaves.
    private static async Task<long> PageAsync(NamespacedClient client, string snapshotter)
    {
        const int size = 100;
        var (bytes, seen) = (0L, 0);
        await foreach (var info in client.SnapshotsAsync(snapshotter, [], CancellationToken.None))
        {
            bytes += info.CalculateSize();
            if (++seen > size)
            {
                break;
            }
        }

        return bytes;
    }

    public void Dispose() => containerd.Dispose();
}
