using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Auth;

/// <summary>The authorities of the bundle, and nobody else's: the system's are not asked, and nothing is fetched that a certificate names.</summary>
internal sealed class CertificateTrust
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    // MD2, MD5 and SHA-1 with RSA, SHA-1 with DSA and with ECDSA: signatures that can be forged.
    private static readonly HashSet<string> Weak = new(StringComparer.Ordinal)
    {
        "1.2.840.113549.1.1.2", "1.2.840.113549.1.1.4", "1.2.840.113549.1.1.5", "1.2.840.10040.4.3", "1.2.840.10045.4.1",
    };

    private readonly X509Certificate2Collection authorities = [];
    private readonly TimeProvider time;

    public CertificateTrust(string file, TimeProvider time)
    {
        this.time = time;
        authorities.ImportFromPemFile(file);
    }

    /// <summary>While a client's certificate and all above it are valid; null where an authority does not stand behind it, now, for a client.</summary>
    public (DateTimeOffset From, DateTimeOffset Until)? Validity(X509Certificate2 certificate, X509Certificate2Collection sent)
    {
        if (!IsForClients(certificate))
        {
            return null;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.ExtraStore.AddRange(sent);
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = time.GetUtcNow().LocalDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        var isTrusted = chain.Build(certificate);
        var path = chain.ChainElements.Select(element => element.Certificate).ToArray();
        try
        {
            // The root's own signature proves nothing and is not looked at.
            return !isTrusted || path.SkipLast(1).Any(link => Weak.Contains(link.SignatureAlgorithm.Value ?? ""))
                ? null
                : (path.Max(link => new DateTimeOffset(link.NotBefore)), path.Min(link => new DateTimeOffset(link.NotAfter)));
        }
        finally
        {
            Array.ForEach(path, link => link.Dispose());
        }
    }

    // An extended key usage that is absent would mean any.
    private static bool IsForClients(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().SelectMany(usage => usage.EnhancedKeyUsages.Cast<Oid>()).Any(usage => usage.Value is ClientAuthentication)
        && !certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(constraints => constraints.CertificateAuthority);
}
