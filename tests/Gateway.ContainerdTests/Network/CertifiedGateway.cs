using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Network;

/// <summary>A gateway over TLS that takes client certificates, with no containerd behind it: who is let through learns 503.</summary>
public sealed class CertifiedGateway : IAsyncLifetime
{
    /// <summary>May read the node, and so does what is pinned.</summary>
    public const string Ci = "spiffe://example.org/ci";

    private readonly string folder = Repo.NewFolder("mtls");

    public X509Certificate2 Root { get; } = CertificateForge.Authority("Root");

    public X509Certificate2 Pinned { get; } = CertificateForge.Make(new CertificateSpec { CommonName = "pinned", Usages = null });

    public X509Certificate2 PinnedAndExpired { get; } = CertificateForge.Make(new CertificateSpec { CommonName = "old", Until = CertificateSpec.DefaultFrom.AddYears(1) });

    public GatewayProcess Gateway { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        // The server's own certificate comes from an intermediate, which it must send.
        var below = CertificateForge.Authority("Below", Root);
        var server = CertificateForge.Make(new CertificateSpec { CommonName = "localhost", DnsNames = ["localhost"], Usages = [CertificateForge.ServerUsage] }, below);
        var settings = new Dictionary<string, string?>
        {
            ["ASPNETCORE_URLS"] = "https://127.0.0.1:0",
            ["Tls__CertificateFile"] = Write("tls.crt", server.ExportCertificatePem() + "\n" + below.ExportCertificatePem()),
            ["Tls__KeyFile"] = Write("tls.key", server.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem()),
            ["Auth__ClientCertificates__CaFile"] = Write("ca.pem", Root.ExportCertificatePem()),
            ["Auth__ClientCertificates__Thumbprints__0"] = CertificateForge.ThumbprintOf(Pinned).ToUpperInvariant(),
            ["Auth__ClientCertificates__Thumbprints__1"] = CertificateForge.ThumbprintOf(PinnedAndExpired),
        };
        var subjects = new[] { Ci, $"sha256:{CertificateForge.ThumbprintOf(Pinned)}", $"sha256:{CertificateForge.ThumbprintOf(PinnedAndExpired)}" };
        foreach (var (subject, index) in subjects.Select((subject, index) => (subject, index)))
        {
            settings[$"Auth__ClientCertificates__Grants__{index}__Subject"] = subject;
            settings[$"Auth__ClientCertificates__Grants__{index}__Permissions__0"] = "node:read";
            settings[$"Auth__ClientCertificates__Grants__{index}__Namespaces__0"] = "*";
        }

        Gateway = await GatewayProcess.StartAsync("/nonexistent", settings);
    }

    /// <summary>The status of a GET by a client with this certificate; intermediates are sent with it.</summary>
    public async Task<HttpStatusCode> AskAsync(string path, X509Certificate2? certificate, IEnumerable<X509Certificate2>? intermediates = null, params (string Name, string Value)[] headers)
    {
        using var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, [.. intermediates ?? []], offline: true),
                CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { Root }, RevocationMode = X509RevocationMode.NoCheck },
            },
        };
        using var client = new HttpClient(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://localhost:{Gateway.Url.Port}{path}");
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await client.SendAsync(request);
        return answer.StatusCode;
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return path;
    }
}
