using Google.Protobuf;

namespace Gateway.TestKit;

/// <summary>Leases past the gateway, where <c>ctr</c> has no command.</summary>
public static class RawLeases
{
    /// <summary>Leases.Create: id = 1, labels = 3 (key = 1, value = 2). Unlike <c>ctr</c>'s, it has no term but that of a label.</summary>
    public static Task CreateAsync(ContainerdNamespace ns, string lease, params (string Key, string Value)[] labels) =>
        CreateAsync(ns.Daemon.Address, ns.Name, lease, labels);

    /// <summary>Has the daemon collect, by way of a lease that is dropped. Leases.Delete: id = 1, sync = 2.</summary>
    public static async Task CollectAsync(string address, string containerdNamespace)
    {
        var lease = "gc-" + Guid.NewGuid().ToString("N");
        await CreateAsync(address, containerdNamespace, lease);
        await RawGrpc.CallAsync(address, containerdNamespace, "containerd.services.leases.v1.Leases/Delete", message =>
        {
            message.WriteTag(1, WireFormat.WireType.LengthDelimited);
            message.WriteString(lease);
            message.WriteTag(2, WireFormat.WireType.Varint);
            message.WriteBool(true);
        });
    }

    /// <summary>Leases.AddResource: id = 1, resource = 2 (id = 1, type = 2).</summary>
    public static Task AddAsync(ContainerdNamespace ns, string lease, string type, string id) =>
        RawGrpc.CallAsync(ns.Daemon.Address, ns.Name, "containerd.services.leases.v1.Leases/AddResource", message =>
        {
            message.WriteTag(1, WireFormat.WireType.LengthDelimited);
            message.WriteString(lease);
            message.WriteTag(2, WireFormat.WireType.LengthDelimited);
            message.WriteBytes(Encode(id, type));
        });

    /// <summary>What a lease holds, as <c>type id</c>. Leases.ListResources: id = 1; resources = 1 (id = 1, type = 2).</summary>
    public static async Task<string[]> OfAsync(ContainerdNamespace ns, string lease)
    {
        var answer = await RawGrpc.AskAsync(ns.Daemon.Address, ns.Name, "containerd.services.leases.v1.Leases/ListResources", message =>
        {
            message.WriteTag(1, WireFormat.WireType.LengthDelimited);
            message.WriteString(lease);
        });
        return [.. answer.Messages(1).Select(resource => $"{resource.Text(2)} {resource.Text(1)}").Order(StringComparer.Ordinal)];
    }

    private static Task<byte[]> CreateAsync(string address, string containerdNamespace, string lease, params (string Key, string Value)[] labels) =>
        RawGrpc.CallAsync(address, containerdNamespace, "containerd.services.leases.v1.Leases/Create", message =>
        {
            message.WriteTag(1, WireFormat.WireType.LengthDelimited);
            message.WriteString(lease);
            foreach (var (key, value) in labels)
            {
                message.WriteTag(3, WireFormat.WireType.LengthDelimited);
                message.WriteBytes(Encode(key, value));
            }
        });

    private static ByteString Encode(string first, string second) => ByteString.CopyFrom(RawGrpc.Encode(message =>
    {
        message.WriteTag(1, WireFormat.WireType.LengthDelimited);
        message.WriteString(first);
        message.WriteTag(2, WireFormat.WireType.LengthDelimited);
        message.WriteString(second);
    }));
}
