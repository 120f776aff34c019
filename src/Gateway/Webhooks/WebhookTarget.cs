using System.Net.Sockets;
using Gateway.Http;
using Gateway.Oci.Registry;

namespace Gateway.Webhooks;

/// <summary>Which addresses may receive messages. The address is judged again at each dial: this only tells early.</summary>
internal static class WebhookTarget
{
    public const int MaxLength = 2048;

    private static readonly TimeSpan ResolveLimit = TimeSpan.FromSeconds(5);

    // The URL is shown as it was given, so what .NET would trim or escape on the way out is refused.
    public static bool IsWellFormed(string? url) => url?.Any(character => char.IsControl(character) || char.IsWhiteSpace(character)) is false
        && Uri.TryCreate(url, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
        && uri is { UserInfo: "", Fragment: "", Host.Length: > 0, Port: > 0 };

    public static async Task RequireAllowedAsync(string url, RegistryOptions options, CancellationToken cancel)
    {
        var uri = new Uri(url);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(ResolveLimit);
        try
        {
            if (await GuardedHandler.WouldDialAsync(options, uri.IdnHost, uri.Port, limit.Token))
            {
                return;
            }
        }
        catch (Exception unknown) when (unknown is SocketException || !cancel.IsCancellationRequested)
        {
            throw ProblemException.InvalidField("url", "has a host whose name is not known");
        }

        throw ProblemException.InvalidField("url", "is at an address this gateway may not reach");
    }
}
