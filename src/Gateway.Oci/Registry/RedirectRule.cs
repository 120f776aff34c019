using System.Net;

namespace Gateway.Oci.Registry;

/// <summary>Which redirects of a manifest or blob are followed, and what is left behind on the way.</summary>
internal static class RedirectRule
{
    /// <summary>Registries use one hop (to storage), a few two.</summary>
    public const int MaxHops = 5;

    public static bool IsRedirect(HttpStatusCode status) =>
        status is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;

    /// <summary>Whether what was sent is sent again as it was (RFC 9110, 15.4); the others make a GET of it.</summary>
    public static bool KeepsMethod(HttpStatusCode status) => status is HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;

    /// <summary>Where the answer points, or a fault that says why it is not followed. The address itself is judged when it is dialled.</summary>
    public static Uri Next(Uri current, string? location)
    {
        if (location is null || !Uri.TryCreate(current, location, out var next))
        {
            throw new RegistryFault(OciFault.RegistryUnavailable, $"{current.Authority} redirects to nowhere");
        }

        if (next.Scheme is not "https" && !(next.Scheme is "http" && current.Scheme is "http"))
        {
            throw new RegistryFault(OciFault.EgressDenied, $"{current.Authority} redirects from https to {next.Scheme}, which is not followed");
        }

        // Loopback may be allowed because the caller may name it; a registry elsewhere may not name it for him.
        if (next.UserInfo.Length > 0 || (LoopbackHost.Is(next.Host) && !LoopbackHost.Is(current.Host)))
        {
            throw new RegistryFault(OciFault.EgressDenied, $"{current.Authority} redirects to {next.Host}, which is not followed");
        }

        return next;
    }

    /// <summary>Whether credentials, client certificate and configured headers may go along: scheme, host and port are the same.</summary>
    public static bool StaysAtHome(Uri home, Uri next) =>
        home.Scheme == next.Scheme && home.Port == next.Port && string.Equals(home.IdnHost, next.IdnHost, StringComparison.OrdinalIgnoreCase);
}
