using Gateway.ContainerdTests.KitTests;
using Gateway.TestKit;

[assembly: AssemblyFixture(typeof(Daemons))]

namespace Gateway.ContainerdTests.KitTests;

/// <summary>A containerd of each version without a gateway: the kit is proven apart from what it is to prove.</summary>
public sealed class Daemons : IAsyncLifetime
{
    private readonly Dictionary<string, Lazy<Task<ContainerdDaemon>>> daemons =
        ContainerdDaemon.KnownVersions.ToDictionary(version => version, version => new Lazy<Task<ContainerdDaemon>>(() => ContainerdDaemon.StartAsync(version)));

    public Task<ContainerdDaemon> OfAsync(string version) => daemons[version].Value;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var daemon in daemons.Values.Where(daemon => daemon.IsValueCreated))
        {
            await (await daemon.Value).DisposeAsync();
        }
    }
}
