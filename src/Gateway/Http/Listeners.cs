using System.Net;

namespace Gateway.Http;

/// <summary>Where the service listens: the API, and the management port apart from it.</summary>
internal static class Listeners
{
    private const string DefaultApi = "http://127.0.0.1:8080";
    private const string DefaultManagement = "http://127.0.0.1:9090";

    /// <summary>Sets the addresses, or refuses one that would put credentials on the wire in clear.</summary>
    public static void UseListeners(this WebApplicationBuilder builder)
    {
        var all = Api(builder.Configuration).Concat(Management(builder.Configuration)).ToArray();
        foreach (var address in all.Where(address => !IsLocal(address) && !address.StartsWith("https:", StringComparison.OrdinalIgnoreCase)))
        {
            throw new InvalidOperationException(
                $"the start is refused: {address} is neither loopback nor a Unix socket and has no TLS, so keys and tokens would cross the network in clear; use https");
        }

        builder.WebHost.UseUrls(all);
    }

    /// <summary>Whether only this machine can call the API.</summary>
    public static bool AreLocal(IConfiguration configuration) => Api(configuration).All(IsLocal);

    public static string[] Api(IConfiguration configuration) => Split(configuration["Urls"] ?? DefaultApi);

    public static string[] Management(IConfiguration configuration) => Split(configuration["Management:Urls"] ?? DefaultManagement);

    private static string[] Split(string urls) => urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static bool IsLocal(string address)
    {
        var host = BindingAddress.Parse(address);
        return host.IsUnixPipe || host.Host is "localhost" || (IPAddress.TryParse(host.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
    }
}
