using Gateway.ContainerdTests;
using Gateway.TestKit;

[assembly: AssemblyFixture(typeof(Nodes))]

namespace Gateway.ContainerdTests;

/// <summary>One containerd and one gateway of each version, and one registry, for the whole run. Tests use namespaces of their own.</summary>
public sealed class Nodes : IAsyncLifetime
{
    private readonly Dictionary<string, Lazy<Task<Node>>> nodes = ContainerdDaemon.KnownVersions.Append(Versions.Transfer).ToDictionary(version => version, version => new Lazy<Task<Node>>(() => Node.StartAsync(version, withBtrfs: true)));
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

    /// <param name="version">A version of containerd, with <c>/transfer</c> where the gateway is to use its Transfer service.</param>
    public static async Task<Node> StartAsync(
        string version, IReadOnlyDictionary<string, string?>? settings = null, IReadOnlyDictionary<string, string?>? daemonEnvironment = null, bool withBtrfs = false, bool withCri = false, string moreConfig = "")
    {
        var (daemon, engine) = version.Split('/') is [var number, var name] ? (number, name) : (version, "auto");
        var containerd = await ContainerdDaemon.StartAsync(daemon, daemonEnvironment, moreConfig: moreConfig, withBtrfs: withBtrfs, withCri: withCri);
        try
        {
            var all = new Dictionary<string, string?>(settings ?? new Dictionary<string, string?>());
            all.TryAdd("Images__Engine", engine);
            return new Node(containerd, await GatewayProcess.StartAsync(containerd.Address, all));
        }
        catch
        {
            await containerd.DisposeAsync();
            throw;
        }
    }

    /// <summary>Lets the key of the tests change a namespace of Kubernetes' or Docker's.</summary>
    public async Task ProtectAsync(string containerdNamespace)
    {
        var granted = await Api.PostAsync("/v1/access/grants", new { subject = "key:bootstrap", permissions = new[] { "admin" }, namespaces = new[] { containerdNamespace }, @protected = true });
        Assert.True((int)granted.Status is 201, granted.Text);
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

    /// <summary>2.x with containerd's Transfer service as the engine.</summary>
    public const string Transfer = "2/transfer";

    public static string[] All { get; } = [.. ContainerdDaemon.Versions];

    /// <summary>Each version with the gateway's engine, and 2.x with both.</summary>
    public static string[] WithEngines { get; } = All.Contains("2") ? [.. All, Transfer] : All;

    /// <summary>Another version than the given one, where more than one is tested.</summary>
    public static string After(string version) => All[(Array.IndexOf(All, version.Split('/')[0]) + 1) % All.Length];

    public static TheoryData<string> Each => [.. All];

    /// <summary>The oldest and the newest, for what takes its time.</summary>
    public static TheoryData<string> Ends => [.. new[] { Oldest, All[^1] }.Distinct()];

    public static TheoryData<string> EachEngine => [.. WithEngines];

    /// <summary>Each engine once, for what does not hang on the version.</summary>
    public static string[] Engines { get; } = [Oldest, Transfer];

    public static TheoryData<string> BothEngines => [.. Engines];
}
