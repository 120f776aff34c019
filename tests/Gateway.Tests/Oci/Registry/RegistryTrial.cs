using System.Net;
using System.Threading.Channels;
using Gateway.Oci;
using Gateway.Oci.Registry;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Oci.Registry;

/// <summary>Clients for scripted servers: no waiting between tries, loopback allowed, a configuration folder of the test's own.</summary>
internal sealed class RegistryTrial : IDisposable
{
    private readonly List<RegistryClient> clients = [];

    public string ConfigPath { get; } = Directory.CreateTempSubdirectory("hosts-").FullName;

    public RegistryClient Client(TimeProvider? time = null, EgressPolicy? egress = null, Dictionary<string, IReadOnlyList<string>>? trusted = null,
        Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null, TimeSpan? backoff = null, int attempts = 3, TimeSpan? idle = null)
    {
        var client = new RegistryClient(
            new RegistryOptions
            {
                ConfigPath = ConfigPath,
                UserAgent = "gateway-tests",
                MaxAttempts = attempts,
                BackoffBase = backoff ?? TimeSpan.Zero,
                IdleTimeout = idle ?? TimeSpan.FromSeconds(60),
                Egress = egress ?? new EgressPolicy(allowLoopback: true),
                TrustedRealms = trusted ?? [],
                Resolve = resolve ?? Dns.GetHostAddressesAsync,
            },
            time ?? TimeProvider.System);
        clients.Add(client);
        return client;
    }

    public Repository Open(string authority, RegistryCredentials? credentials = null, TimeProvider? time = null, int attempts = 3) =>
        Client(time, attempts: attempts).Open(ImageReference.Parse($"{authority}/acme/app:1"), credentials);

    public PushRepository OpenForPush(string authority, RegistryCredentials? credentials = null, TimeProvider? time = null, int attempts = 3) =>
        Client(time, attempts: attempts).OpenForPush(ImageReference.Parse($"{authority}/acme/app:1"), credentials);

    /// <summary>Writes <c>hosts.toml</c> for a domain.</summary>
    public string Configure(string domain, string toml)
    {
        var folder = Directory.CreateDirectory(Path.Combine(ConfigPath, domain)).FullName;
        File.WriteAllText(Path.Combine(folder, "hosts.toml"), toml);
        return folder;
    }

    public void Dispose()
    {
        clients.ForEach(client => client.Dispose());
        Directory.Delete(ConfigPath, recursive: true);
    }
}

/// <summary>A fake clock that tells when somebody begins to wait, so that a test moves it exactly then.</summary>
internal sealed class WatchedTime : FakeTimeProvider
{
    private readonly Channel<TimeSpan> waits = Channel.CreateUnbounded<TimeSpan>();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        waits.Writer.TryWrite(dueTime);
        return timer;
    }

    /// <summary>Waits until a timer of this length was set.</summary>
    public async Task Waiting(TimeSpan length)
    {
        while (await waits.Reader.ReadAsync() != length)
        {
        }
    }
}
