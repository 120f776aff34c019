using Gateway.Containerd.Services.Events;
using Gateway.Containerd.Services.Health;
using Gateway.Containerd.Services.Introspection;
using Gateway.Containerd.Services.Namespaces;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace Gateway.Containerd;

/// <summary>One shared channel to a containerd. Thread-safe; lives as long as the process.</summary>
/// <remarks>What belongs to a namespace is only reached by <see cref="In"/>: a call without one cannot be written.</remarks>
public sealed class ContainerdClient : IDisposable
{
    private readonly string socketPath;
    private readonly GrpcChannel channel;
    private readonly CallInvoker calls;

    /// <summary>Nothing is dialled yet: the first call does that.</summary>
    /// <param name="peers">Told of every connection that reads.</param>
    public ContainerdClient(string socketPath, DaemonPeers? peers = null)
    {
        this.socketPath = socketPath;
        channel = ContainerdChannel.Open(socketPath, peers ?? new DaemonPeers());
        calls = channel.Intercept(new CallRules(containerdNamespace: null, leaseId: null));
        Version = new(calls);
        Introspection = new(calls);
        Namespaces = new(calls);
        Events = new(calls);
        Health = new(calls);
    }

    /// <summary>Version and revision of the daemon.</summary>
    public Services.Version.Version.VersionClient Version { get; }

    /// <summary>Plugins and their state.</summary>
    public Introspection.IntrospectionClient Introspection { get; }

    /// <summary>The namespaces themselves.</summary>
    public Namespaces.NamespacesClient Namespaces { get; }

    /// <summary>Events of all namespaces.</summary>
    public Events.EventsClient Events { get; }

    /// <summary>The daemon's own health.</summary>
    public Health.HealthClient Health { get; }

    /// <summary>Every call made through the result carries the namespace and, if given, the lease that what it creates is added to.</summary>
    public NamespacedClient In(string containerdNamespace, string? leaseId = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(containerdNamespace);
        return new(channel.Intercept(new CallRules(containerdNamespace, leaseId)), socketPath, containerdNamespace, leaseId);
    }

    /// <inheritdoc />
    public void Dispose() => channel.Dispose();
}
