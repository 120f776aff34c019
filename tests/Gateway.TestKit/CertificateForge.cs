using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.TestKit;

/// <summary>What a forged certificate says of itself; by default a good client's, without a name.</summary>
public sealed record CertificateSpec
{
    public static readonly DateTimeOffset DefaultFrom = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public string CommonName { get; init; } = "client";

    public IReadOnlyList<string> Uris { get; init; } = [];

    public IReadOnlyList<string> DnsNames { get; init; } = [];

    /// <summary>Object identifiers of the extended key usage; none at all where null.</summary>
    public IReadOnlyList<string>? Usages { get; init; } = [CertificateForge.ClientUsage];

    public bool IsAuthority { get; init; }

    public DateTimeOffset From { get; init; } = DefaultFrom;

    public DateTimeOffset Until { get; init; } = DefaultFrom.AddYears(40);

    /// <summary>Where the issuer may be asked for itself (caIssuers).</summary>
    public string? IssuerUrl { get; init; }

    /// <summary>Whether its issuer signs with SHA-1.</summary>
    public bool IsWeak { get; init; }
}

/// <summary>Makes certificates of every kind, good and bad, each with its key.</summary>
public static class CertificateForge
{
    public const string ClientUsage = "1.3.6.1.5.5.7.3.2";
    public const string ServerUsage = "1.3.6.1.5.5.7.3.1";

    /// <summary>A certificate signed by the issuer, or by itself.</summary>
    public static X509Certificate2 Make(CertificateSpec spec, X509Certificate2? issuer = null)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={spec.CommonName}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(spec.IsAuthority, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        if (spec.Usages is not null)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. spec.Usages.Select(usage => new Oid(usage))], critical: false));
        }

        if (spec.Uris.Count + spec.DnsNames.Count > 0)
        {
            request.CertificateExtensions.Add(NamesOf(spec));
        }

        if (spec.IssuerUrl is { } url)
        {
            request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension(ocspUris: null, caIssuersUris: [url]));
        }

        if (issuer is null)
        {
            return request.CreateSelfSigned(spec.From, spec.Until);
        }

        using var signer = issuer.GetRSAPrivateKey()!;
        using var signed = request.Create(issuer.SubjectName, spec.IsWeak ? new Sha1Signatures(signer) : X509SignatureGenerator.CreateForRSA(signer, RSASignaturePadding.Pkcs1), spec.From, spec.Until, RandomNumberGenerator.GetBytes(8));
        return signed.CopyWithPrivateKey(key);
    }

    /// <summary>A root, or an authority below one.</summary>
    public static X509Certificate2 Authority(string name, X509Certificate2? issuer = null, IReadOnlyList<string>? usages = null) =>
        Make(new CertificateSpec { CommonName = name, IsAuthority = true, Usages = usages }, issuer);

    public static string ThumbprintOf(X509Certificate2 certificate) => Convert.ToHexStringLower(certificate.GetCertHash(HashAlgorithmName.SHA256));

    private static X509Extension NamesOf(CertificateSpec spec)
    {
        // By hand, because the builder takes no URI that is relative.
        var names = new AsnWriter(AsnEncodingRules.DER);
        using (names.PushSequence())
        {
            foreach (var (tag, name) in spec.DnsNames.Select(name => (2, name)).Concat(spec.Uris.Select(name => (6, name))))
            {
                names.WriteCharacterString(UniversalTagNumber.IA5String, name, new Asn1Tag(TagClass.ContextSpecific, tag));
            }
        }

        return new X509Extension(new Oid("2.5.29.17"), names.Encode(), critical: false);
    }

    // .NET makes no such certificates any more, but there are some.
    private sealed class Sha1Signatures(RSA key) : X509SignatureGenerator
    {
        // sha1WithRSAEncryption: 1.2.840.113549.1.1.5, no parameters.
        public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm) => Convert.FromHexString("300D06092A864886F70D0101050500");

        public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) => key.SignData(data, HashAlgorithmName.SHA1, RSASignaturePadding.Pkcs1);

        protected override PublicKey BuildPublicKey() => CreateForRSA(key, RSASignaturePadding.Pkcs1).PublicKey;
    }
}
