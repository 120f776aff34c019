using System.Net;

namespace Gateway.Oci.Registry;

/// <summary>What a registry's status means for a pull.</summary>
internal static class RegistryErrors
{
    public static OciException From(HttpResponseMessage answer, string what, DateTimeOffset now)
    {
        var status = (int)answer.StatusCode;
        return answer.StatusCode switch
        {
            HttpStatusCode.Unauthorized => new(OciFault.RegistryUnauthorized, $"{what}: the registry refuses the credentials, or wants some"),
            HttpStatusCode.Forbidden => new(OciFault.RegistryForbidden, $"{what}: the registry denies access"),
            HttpStatusCode.NotFound => new(OciFault.ImageNotFound, $"{what}: the registry does not know it"),
            HttpStatusCode.TooManyRequests => new(OciFault.RegistryRateLimited, $"{what}: the registry limits requests") { RetryAfter = RetryAfter(answer, now) },
            HttpStatusCode.RequestTimeout => new(OciFault.RegistryTimeout, $"{what}: the registry answered {status}"),
            _ => new(OciFault.RegistryUnavailable, $"{what}: the registry answered {status}") { RetryAfter = RetryAfter(answer, now) },
        };
    }

    public static bool IsTransient(HttpStatusCode status) =>
        status is HttpStatusCode.RequestTimeout or (HttpStatusCode)425 or HttpStatusCode.TooManyRequests || (int)status >= 500;

    public static bool IsTransient(OciFault fault) => fault is OciFault.RegistryUnavailable or OciFault.RegistryTimeout or OciFault.RegistryRateLimited;

    /// <summary>Seconds or a date (RFC 9110, 10.2.3); at most 15 minutes.</summary>
    public static TimeSpan? RetryAfter(HttpResponseMessage answer, DateTimeOffset now)
    {
        var most = TimeSpan.FromMinutes(15);
        var asked = answer.Headers.RetryAfter is not { } header ? null : header.Delta ?? header.Date - now;
        return asked is not { } wait ? null : wait < TimeSpan.Zero ? TimeSpan.Zero : wait > most ? most : wait;
    }
}
