using Gateway.Containerd.Services.Containers;
using Gateway.Containerd.Services.Content;
using Gateway.Containerd.Services.Diff;
using Gateway.Containerd.Services.Images;
using Gateway.Containerd.Services.Leases;
using Gateway.Containerd.Services.Namespaces;
using Gateway.Containerd.Services.Snapshots;
using Gateway.Containerd.Services.Streaming;
using Gateway.Containerd.Services.Tasks;
using Gateway.Containerd.Services.Transfer;
using Gateway.Containerd.Wire;
using Grpc.Core;

namespace Gateway.Containerd;

/// <summary>containerd's services in one namespace, and perhaps under one lease. The generated clients are the interface.</summary>
public sealed class NamespacedClient
{
    private readonly CallInvoker calls;
    private readonly string socketPath;

    internal NamespacedClient(CallInvoker calls, string socketPath, string containerdNamespace, string? leaseId)
    {
        this.calls = calls;
        this.socketPath = socketPath;
        Namespace = containerdNamespace;
        LeaseId = leaseId;
        Images = new(calls);
        Content = new(calls);
        Snapshots = new(calls);
        Diff = new(calls);
        Leases = new(calls);
        Containers = new(calls);
        Tasks = new(calls);
        Namespaces = new(calls);
        Transfer = new(calls);
        Streaming = new(calls);
    }

    /// <summary>The namespace every call is made in.</summary>
    public string Namespace { get; }

    /// <summary>The lease every call is made under, if any.</summary>
    public string? LeaseId { get; }

    /// <summary>Image records.</summary>
    public Images.ImagesClient Images { get; }

    /// <summary>The content store.</summary>
    public Content.ContentClient Content { get; }

    /// <summary>Snapshots.</summary>
    public Snapshots.SnapshotsClient Snapshots { get; }

    /// <summary>Applying layers, and making them.</summary>
    public Diff.DiffClient Diff { get; }

    /// <summary>Leases.</summary>
    public Leases.LeasesClient Leases { get; }

    /// <summary>Container records, which are only read here.</summary>
    public Containers.ContainersClient Containers { get; }

    /// <summary>Tasks, which are only read here.</summary>
    public Tasks.TasksClient Tasks { get; }

    /// <summary>Changes of the namespace itself. 1.6 makes the change and then fails for want of a namespace to publish its event in.</summary>
    public Namespaces.NamespacesClient Namespaces { get; }

    /// <summary>Images moved by the daemon itself; see <see cref="TypedAny"/> for what goes in.</summary>
    public Transfer.TransferClient Transfer { get; }

    /// <summary>Side channels of a transfer; <see cref="DaemonStream"/> opens them.</summary>
    internal Streaming.StreamingClient Streaming { get; }

    /// <summary>Opens a <c>Content.Write</c>, which takes bytes faster than the generated client's.</summary>
    internal Task<ContentWriteCall> OpenWriteAsync(CancellationToken cancel) => ContentWriteCall.OpenAsync(socketPath, Namespace, LeaseId, cancel);

    /// <summary>Opens a <c>Content.Read</c>, whose messages come in pooled buffers.</summary>
    internal AsyncServerStreamingCall<ContentChunk> OpenRead(ReadContentRequest request, CancellationToken cancel) =>
        calls.AsyncServerStreamingCall(ContentChunk.Read, host: null, new CallOptions(cancellationToken: cancel), request);
}
