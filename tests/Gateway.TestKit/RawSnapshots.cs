using Google.Protobuf;

namespace Gateway.TestKit;

/// <summary>Snapshots past the gateway, where <c>ctr</c> takes a command for each.</summary>
public static class RawSnapshots
{
    /// <summary>Of each snapshot the names of its labels. Snapshots.List: snapshotter = 1; info = 1, whose labels = 6 (key = 1). Up to a hundred snapshots.</summary>
    public static async Task<IReadOnlyList<string[]>> LabelNamesAsync(ContainerdPlace daemon, string containerdNamespace, string snapshotter = "overlayfs")
    {
        var answer = new CodedInputStream(await RawGrpc.CallAsync(daemon.Address, containerdNamespace, "containerd.services.snapshots.v1.Snapshots/List", message =>
        {
            message.WriteTag(1, WireFormat.WireType.LengthDelimited);
            message.WriteString(snapshotter);
        }));
        return [.. RawGrpc.Fields(answer, 1).Select(info => RawGrpc.Fields(info.CreateCodedInput(), 6).Select(label => RawGrpc.Fields(label.CreateCodedInput(), 1).Single().ToStringUtf8()).ToArray())];
    }
}
