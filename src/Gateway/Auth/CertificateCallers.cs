using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Http;
using Microsoft.Extensions.Options;

namespace Gateway.Auth;

/// <summary>
/// Turns a client's certificate into a caller: by its pinned thumbprint, or by its one URI where an authority of the bundle stands behind it. Never by
/// its common name, which anyone's mail or web server may share.
/// </summary>
internal sealed class CertificateCallers
{
    /// <summary>What a certificate says that nobody stands behind.</summary>
    private static readonly Identity Nobody = new("", DateTimeOffset.MaxValue, DateTimeOffset.MinValue);

    private readonly ClientCertificateOptions options;
    private readonly CurrentAuth auth;
    private readonly AccessStore access;
    private readonly TimeProvider time;
    private readonly CertificateTrust? trust;
    private readonly HashSet<string> pinned;

    // A connection keeps its certificate's object, so a chain is built once for it, good or bad. What is judged with each request is the time.
    private readonly ConditionalWeakTable<X509Certificate2, Identity> known = [];

    public CertificateCallers(IOptions<ClientCertificateOptions> options, CurrentAuth auth, AccessStore access, TimeProvider time)
    {
        (this.options, this.auth, this.access, this.time) = (options.Value, auth, access, time);
        trust = this.options.CaFile is { } file ? new CertificateTrust(file, time) : null;
        pinned = this.options.Thumbprints.Select(thumbprint => thumbprint.ToLowerInvariant()).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>The caller of the connection's certificate; null where it has none, or one that says nothing here.</summary>
    public Caller? From(HttpContext http) => http.Connection.ClientCertificate is { } certificate
        ? From(certificate, http.Features.Get<SentCertificates>()?.Certificates ?? [])
        : null;

    /// <param name="certificate">What the client has proven to hold the key of.</param>
    /// <param name="sent">What it sent beside it, intermediates perhaps. Not trusted.</param>
    public Caller? From(X509Certificate2 certificate, X509Certificate2Collection sent)
    {
        if (!known.TryGetValue(certificate, out var identity))
        {
            known.AddOrUpdate(certificate, identity = Judge(certificate, sent) ?? Nobody);
        }

        var now = time.GetUtcNow();
        if (now < identity.From || now > identity.Until)
        {
            return null;
        }

        var grants = auth.CertificateGrants.Where(grant => string.Equals(Normal(grant.Subject!), identity.Name, StringComparison.Ordinal));
        return access.CallerOf($"cert:{identity.Name}", [], grants.Select(grant => grant.ToGrant()));
    }

    private Identity? Judge(X509Certificate2 certificate, X509Certificate2Collection sent)
    {
        var thumbprint = Convert.ToHexStringLower(certificate.GetCertHash(HashAlgorithmName.SHA256));
        return pinned.Contains(thumbprint)
            ? new Identity($"sha256:{thumbprint}", new DateTimeOffset(certificate.NotBefore), new DateTimeOffset(certificate.NotAfter))
            : CertificateUri.Of(certificate) is { } uri && trust?.Validity(certificate, sent) is { } validity
                ? new Identity(uri, validity.From, validity.Until)
                : null;
    }

    private static string Normal(string subject) => subject.StartsWith("sha256:", StringComparison.Ordinal) ? subject.ToLowerInvariant() : subject;

    private sealed record Identity(string Name, DateTimeOffset From, DateTimeOffset Until);
}
