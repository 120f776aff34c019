using System.Net;

namespace Gateway.Oci.Registry;

/// <summary>
/// Which token server a registry may name. A hostile registry would name any address to have the caller's password sent there, or a service inside the
/// network called (CVE-2026-48978).
/// </summary>
internal static class TokenRealm
{
    private static readonly Dictionary<string, string[]> BuiltIn = new(StringComparer.Ordinal)
    {
        ["registry-1.docker.io"] = ["auth.docker.io"],
    };

    public static Uri Check(string? realm, Uri registry, IReadOnlyDictionary<string, string[]> trusted)
    {
        if (!Uri.TryCreate(realm, UriKind.Absolute, out var uri) || uri.UserInfo.Length > 0 || uri.Fragment.Length > 0)
        {
            throw new OciException(OciFault.EgressDenied, $"{registry.Authority} names no usable token server");
        }

        // A registry that itself speaks plain http has nothing to protect towards a token server on its own host.
        var secure = uri.Scheme is "https" || (uri.Scheme is "http" && registry.Scheme is "http" && (SameHost(uri, registry) || (IsLoopback(uri) && IsLoopback(registry))));
        var known = SameHost(uri, registry) || (IsLoopback(uri) && IsLoopback(registry))
            || IsTrusted(uri, trusted.GetValueOrDefault(registry.Authority)) || IsTrusted(uri, BuiltIn.GetValueOrDefault(registry.Host));
        return secure && known ? uri
            : throw new OciException(OciFault.EgressDenied, $"{registry.Authority} names the token server {uri.Scheme}://{uri.Authority}, which is not trusted for it");
    }

    private static bool SameHost(Uri a, Uri b) => string.Equals(a.IdnHost, b.IdnHost, StringComparison.OrdinalIgnoreCase);

    private static bool IsLoopback(Uri uri) => uri.Host is "localhost" || (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static bool IsTrusted(Uri realm, string[]? hosts) =>
        hosts?.Any(host => string.Equals(host, realm.Authority, StringComparison.OrdinalIgnoreCase)) is true;
}
