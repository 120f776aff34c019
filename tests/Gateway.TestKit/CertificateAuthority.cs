using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.TestKit;

/// <summary>A certificate authority that nobody trusts until told to; its files live as long as it does.</summary>
public sealed class CertificateAuthority : IDisposable
{
    private static readonly DateTimeOffset From = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly string folder = Repo.NewFolder("ca");
    private readonly X509Certificate2 root;
    private int issued;

    public CertificateAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Gateway test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        root = request.CreateSelfSigned(From, From.AddYears(50));
        File.WriteAllText(CertificateFile, root.ExportCertificatePem());
    }

    /// <summary>The authority's own certificate, PEM: what a client is given to trust.</summary>
    public string CertificateFile => Path.Combine(folder, "ca.pem");

    public X509Certificate2 Certificate => root;

    /// <summary>PEM files of a server certificate for 127.0.0.1 and localhost.</summary>
    public (string Certificate, string Key) IssueServer() => Issue("localhost", "1.3.6.1.5.5.7.3.1");

    /// <summary>PEM files of a client certificate.</summary>
    public (string Certificate, string Key) IssueClient(string name) => Issue(name, "1.3.6.1.5.5.7.3.2");

    public void Dispose()
    {
        root.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private (string Certificate, string Key) Issue(string name, string usage)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(root, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var serial = ++issued;
        using var certificate = request.Create(root, From, From.AddYears(40), [1, (byte)(serial >> 8), (byte)serial]);
        var files = (Path.Combine(folder, $"{serial}.pem"), Path.Combine(folder, $"{serial}.key"));
        File.WriteAllText(files.Item1, certificate.ExportCertificatePem());
        File.WriteAllText(files.Item2, key.ExportPkcs8PrivateKeyPem());
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(files.Item2, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return files;
    }
}
