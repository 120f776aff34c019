using System.Net;

namespace Gateway.Http;

/// <summary>Where the service listens: the API, and the management port apart from it.</summary>
internal sealed record Listeners(IReadOnlyList<string> Api, IReadOnlyList<string> Management)
{
    private const string DefaultApi = "http://127.0.0.1:8080";
    private const string DefaultManagement = "http://127.0.0.1:9090";

    /// <summary>Whether only this machine can call the API.</summary>
    public bool ApiIsLocal => Api.All(IsLocal);

    /// <summary>The first listener that other machines can call; null where there is none.</summary>
    public string? FirstRemote => Api.Concat(Management).FirstOrDefault(address => !IsLocal(address));

    /// <summary>The first listener with TLS; null where there is none.</summary>
    public string? FirstTls => Api.Concat(Management).FirstOrDefault(IsTls);

    /// <summary>Reads the addresses, or refuses one that would put credentials on the wire in clear.</summary>
    public static Listeners From(IConfiguration configuration)
    {
        var listeners = new Listeners(Split(configuration["Urls"] ?? DefaultApi), Split(configuration["Management:Urls"] ?? DefaultManagement));
        foreach (var address in listeners.Api.Concat(listeners.Management).Where(address => !IsLocal(address) && !IsTls(address)))
        {
            throw new InvalidOperationException(
                $"the start is refused: {address} is neither loopback nor a Unix socket and has no TLS, so keys and tokens would cross the network in clear; use https");
        }

        return listeners;
    }

    private static string[] Split(string urls) => urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static bool IsTls(string address) => address.StartsWith("https:", StringComparison.OrdinalIgnoreCase);

    private static bool IsLocal(string address)
    {
        var host = BindingAddress.Parse(address);
        return host.IsUnixPipe || host.Host is "localhost" || (IPAddress.TryParse(host.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
    }
}
