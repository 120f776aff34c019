using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Options;

namespace Gateway.Http;

/// <summary>What a client sent beside its own certificate: intermediates, if anything. Nothing of it is trusted.</summary>
internal sealed record SentCertificates(X509Certificate2Collection Certificates);

/// <summary>Every https listener: TLS 1.2 or later, the certificate as its files are now, and, where wanted, a question for the client's.</summary>
internal sealed class TlsSetup(IOptions<TlsOptions> options, Lazy<ServerCertificate> certificate) : IConfigureOptions<KestrelServerOptions>
{
    public void Configure(KestrelServerOptions kestrel)
    {
        // At the start, not at the first handshake.
        var server = options.Value.CertificateFile is null ? null : certificate.Value;
        kestrel.ConfigureHttpsDefaults(https =>
        {
            https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
            // Asked for below: Kestrel's own question has no place for what else a client sends.
            https.ClientCertificateMode = ClientCertificateMode.NoCertificate;
            https.ServerCertificateSelector = server is null ? null : (_, _) => server.Current().TargetCertificate;
            https.OnAuthenticate = (connection, handshake) => Prepare(connection, handshake, server);
        });
    }

    private void Prepare(ConnectionContext connection, SslServerAuthenticationOptions handshake, ServerCertificate? server)
    {
        if (server is not null)
        {
            // Instead of the selector, which can give no intermediates.
            handshake.ServerCertificateSelectionCallback = null;
            handshake.ServerCertificateContext = server.Current();
        }

        if (!options.Value.AsksForCertificates)
        {
            return;
        }

        handshake.ClientCertificateRequired = true;
        // Nothing is judged here, not even whether there is one: a request without a usable certificate may still bring another credential. And
        // nothing is fetched that a certificate names: its sender is nobody yet.
        handshake.CertificateChainPolicy = new X509ChainPolicy
        {
            DisableCertificateDownloads = true,
            RevocationMode = X509RevocationMode.NoCheck,
            TrustMode = X509ChainTrustMode.CustomRootTrust,
        };
        // A resumed session has no intermediates.
        handshake.AllowTlsResume = false;
#pragma warning disable CA5359 // Judged with each request, in Auth.
        handshake.RemoteCertificateValidationCallback = (_, _, chain, _) =>
        {
            connection.Features.Set(new SentCertificates([.. chain?.ChainPolicy.ExtraStore ?? []]));
            return true;
        };
#pragma warning restore CA5359
    }
}
