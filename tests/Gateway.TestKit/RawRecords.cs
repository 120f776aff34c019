using Google.Protobuf;

namespace Gateway.TestKit;

/// <summary>
/// What containerd's services list of a namespace: the same as <c>ctr</c> shows, for those who look after each of some hundred trials, as each <c>ctr</c> is a process.
/// </summary>
public sealed class RawRecords(ContainerdPlace daemon, string containerdNamespace)
{
    private static readonly string[] Kinds = ["Unknown", "View", "Active", "Committed"];

    /// <summary>leases = 1: id = 1, labels = 3.</summary>
    public async Task<(string Id, IReadOnlyDictionary<string, string> Labels)[]> LeasesAsync() =>
        [.. (await ListAsync("leases.v1.Leases/List")).Messages(1).Select(lease => (lease.Text(1), lease.Map(3)))];

    /// <summary>Refs. statuses = 1: ref = 3.</summary>
    public async Task<string[]> IngestsAsync() =>
        [.. (await ListAsync("content.v1.Content/ListStatuses")).Messages(1).Select(status => status.Text(3))];

    /// <summary>Each blob's labels by its digest. info = 1: digest = 1, labels = 5.</summary>
    public async Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> BlobsAsync() =>
        (await ListAsync("content.v1.Content/List")).Messages(1).ToDictionary(info => info.Text(1), info => info.Map(5));

    /// <summary>images = 1: name = 1, target = 3, whose digest = 2.</summary>
    public async Task<(string Name, string Target)[]> ImagesAsync() =>
        [.. (await ListAsync("images.v1.Images/List")).Messages(1).Select(image => (image.Text(1), image.Messages(3).Single().Text(2)))];

    /// <summary>info = 1: name = 1, parent = 2, kind = 3, labels = 6.</summary>
    public async Task<(string Key, string Parent, string Kind, IReadOnlyDictionary<string, string> Labels)[]> SnapshotsAsync(string snapshotter = "overlayfs") =>
        [.. (await ListAsync("snapshots.v1.Snapshots/List", snapshotter)).Messages(1).Select(info => (info.Text(1), info.Text(2), Kinds[info.Number(3)], info.Map(6)))];

    /// <summary>Of the daemon. namespaces = 1: name = 1.</summary>
    public async Task<string[]> NamespacesAsync() =>
        [.. (await ListAsync("namespaces.v1.Namespaces/List")).Messages(1).Select(each => each.Text(1))];

    private Task<RawMessage> ListAsync(string method, string? snapshotter = null) =>
        RawGrpc.AskAsync(daemon.Address, containerdNamespace, "containerd.services." + method, message =>
        {
            if (snapshotter is not null)
            {
                message.WriteTag(1, WireFormat.WireType.LengthDelimited);
                message.WriteString(snapshotter);
            }
        });
}
