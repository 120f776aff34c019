using Microsoft.Extensions.Primitives;

namespace Gateway.Http;

/// <summary>
/// The <c>Host</c> headers that are answered. A page of another site that has its own name lead here (DNS rebinding) is of that site's origin to the
/// browser, so only the name tells it from the service's own.
/// </summary>
internal sealed class AllowedHosts
{
    private const string Key = "AllowedHosts";
    private const string SubdomainsOf = "*.";

    private static readonly string[] Local = ["localhost", "127.0.0.1", "[::1]"];

    // Each of these stands for every host, here or in the framework's own filter of hosts.
    private static readonly string[] Everything = ["*", SubdomainsOf, "[::]", "0.0.0.0"];

    private readonly StringSegment[] patterns;

    private AllowedHosts(IEnumerable<string> hosts) => patterns = [.. hosts.Select(host => new StringSegment(new HostString(host).ToUriComponent()))];

    /// <summary>Whether a request for the host is answered; one that names none is not.</summary>
    public bool Serves(HostString host) => host.HasValue && HostString.MatchesAny(host.Value, patterns);

    /// <summary>The configured ones, or those of this machine where nobody else can call; else the start is refused.</summary>
    public static AllowedHosts From(IConfiguration configuration, Listeners listeners)
    {
        if (configuration[Key] is not { } configured)
        {
            return listeners.FirstRemote is not { } remote ? new AllowedHosts(Local) : throw new InvalidOperationException(
                $"the start is refused: {remote} serves other machines, so {Key} must list the hosts they call it by, such as gateway.example.org");
        }

        var hosts = configured.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return hosts.Length is 0
            ? throw new InvalidOperationException($"the start is refused: {Key} is empty, and no request would be answered or every one")
            : hosts.Select(FaultOf).OfType<string>().FirstOrDefault() is { } fault ? throw new InvalidOperationException($"the start is refused: {Key} names {fault}") : new AllowedHosts(hosts);
    }

    private static string? FaultOf(string host)
    {
        var name = host.StartsWith(SubdomainsOf, StringComparison.Ordinal) ? host[SubdomainsOf.Length..] : host;
        return Everything.Contains(host, StringComparer.Ordinal) ? $"'{host}', which stands for every host: list the names clients use"
            : Uri.CheckHostName(name) is UriHostNameType.Unknown ? $"'{host}', which is not a host: no scheme, no port, '*.' only in front"
            : name != host && !name.Contains('.') ? $"'{host}', which stands for a whole top-level domain"
            : null;
    }
}
