using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.TestKit;

/// <summary>A private CA and a server certificate for 127.0.0.1, as PEM files.</summary>
public sealed class Certificates : IDisposable
{
    private readonly string folder = Repo.NewFolder("certs");

    public Certificates()
    {
        using var caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var caRequest = new CertificateRequest("CN=test CA", caKey, HashAlgorithmName.SHA256);
        caRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        using var ca = caRequest.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var server = request.Create(ca, ca.NotBefore, ca.NotAfter, [1, 2, 3, 4]);
        File.WriteAllText(CaFile, ca.ExportCertificatePem());
        File.WriteAllText(CertificateFile, server.ExportCertificatePem());
        File.WriteAllText(KeyFile, key.ExportECPrivateKeyPem());
    }

    public string CaFile => Path.Combine(folder, "ca.pem");

    public string CertificateFile => Path.Combine(folder, "server.pem");

    public string KeyFile => Path.Combine(folder, "server.key");

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
