using Gateway.ContainerdTests;
using Gateway.TestKit;

[assembly: AssemblyFixture(typeof(Nodes))]

namespace Gateway.ContainerdTests;

/// <summary>One containerd and one gateway of each version, and one registry, for the whole run. Tests use namespaces of their own.</summary>
public sealed class Nodes : IAsyncLifetime
{
    private readonly Dictionary<string, Lazy<Task<Node>>> nodes = ContainerdDaemon.KnownVersions.ToDictionary(version => version, version => new Lazy<Task<Node>>(() => Node.StartAsync(version)));
    private readonly Lazy<Task<DockerRegistry>> registry = new(() => DockerRegistry.StartAsync());
    private int names;

    public Task<Node> NodeAsync(string version) => nodes[version].Value;

    public Task<DockerRegistry> RegistryAsync() => registry.Value;

    /// <summary>A namespace, repository or the like that no other test has.</summary>
    public string NewName(string purpose) => $"{purpose}-{Interlocked.Increment(ref names)}";

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var node in nodes.Values.Where(node => node.IsValueCreated))
        {
            await (await node.Value).DisposeAsync();
        }

        if (registry.IsValueCreated)
        {
            await (await registry.Value).DisposeAsync();
        }
    }
}

/// <summary>A containerd with a gateway in front of it.</summary>
public sealed record Node(ContainerdDaemon Containerd, GatewayProcess Gateway) : IAsyncDisposable
{
    public GatewayApi Api => Gateway.Api;

    public Ctr Ctr => Containerd.Ctr;

    public static async Task<Node> StartAsync(string version, IReadOnlyDictionary<string, string?>? settings = null, IReadOnlyDictionary<string, string?>? daemonEnvironment = null)
    {
        var containerd = await ContainerdDaemon.StartAsync(version, daemonEnvironment);
        try
        {
            return new Node(containerd, await GatewayProcess.StartAsync(containerd.Address, settings));
        }
        catch
        {
            await containerd.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Containerd.DisposeAsync();
    }
}

public static class Versions
{
    public const string Oldest = "1.6";

    public static string[] All { get; } = [.. ContainerdDaemon.Versions];

    public static TheoryData<string> Each => [.. All];
}
