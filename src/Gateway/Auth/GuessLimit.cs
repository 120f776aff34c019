using System.Net;
using System.Net.Sockets;
using Gateway.Http;

namespace Gateway.Auth;

/// <summary>
/// Bounds guessing. An address that has sent too many wrong credentials is not listened to until some time has passed, right ones included: else it would
/// learn which of its guesses was right.
/// </summary>
internal sealed class GuessLimit(RequestDelegate next, RequestBudgets budgets)
{
    private const int Ipv6PrefixBytes = 8;

    public async Task InvokeAsync(HttpContext http)
    {
        if (AddressOf(http.Connection.RemoteIpAddress) is not { } address || !ShowsCredentials(http))
        {
            await next(http);
            return;
        }

        if (budgets.WrongCredentials.Look(address) is { } wait)
        {
            throw new ProblemException(ProblemKinds.TooManyRequests, "too many wrong credentials came from this address") { RetryAfter = wait };
        }

        try
        {
            await next(http);
        }
        catch (ProblemException wrong) when (wrong.Kind == ProblemKinds.Unauthorized)
        {
            budgets.WrongCredentials.Take(address);
            throw;
        }
    }

    // What anyone may call is not guessed at.
    private static bool ShowsCredentials(HttpContext http) =>
        (http.Request.Headers.Authorization.Count > 0 || http.Request.Headers["X-API-Key"].Count > 0)
        && http.GetEndpoint()?.Metadata.GetMetadata<OpenToAnyone>() is null;

    // Null on a Unix socket: who may open that is the file system's to say. Whoever has one IPv6 address has its whole /64.
    private static string? AddressOf(IPAddress? remote) => remote switch
    {
        null => null,
        { IsIPv4MappedToIPv6: true } => remote.MapToIPv4().ToString(),
        { AddressFamily: AddressFamily.InterNetworkV6 } => Convert.ToHexString(remote.GetAddressBytes(), 0, Ipv6PrefixBytes),
        _ => remote.ToString(),
    };
}
