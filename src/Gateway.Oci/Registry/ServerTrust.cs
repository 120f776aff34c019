using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Oci.Registry;

/// <summary>TLS as a host's configuration wants it: the system's authorities and the configured ones, and a client certificate.</summary>
internal static class ServerTrust
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <summary>Options of every connection of one handler. Throws what reading certificates throws.</summary>
    public static SslClientAuthenticationOptions For(TlsSettings settings)
    {
        var options = new SslClientAuthenticationOptions();
        if (settings.ClientPairs.Count > 0)
        {
            options.ClientCertificates = [.. settings.ClientPairs.Select(Load)];
        }

        if (settings.SkipVerify)
        {
#pragma warning disable CA5359 // The operator wrote skip_verify for this host.
            options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (settings.CaFiles.Count > 0)
        {
            var authorities = new X509Certificate2Collection();
            foreach (var file in settings.CaFiles)
            {
                authorities.ImportFromPemFile(file);
            }

            options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) => Accepts(authorities, certificate, chain, errors);
        }

        return options;
    }

    private static X509Certificate2 Load((string Certificate, string Key) pair)
    {
        using var loaded = X509Certificate2.CreateFromPemFile(pair.Certificate, pair.Key.Length is 0 ? null : pair.Key);
        // SslStream needs a key that outlives the PEM import on some platforms.
        return X509CertificateLoader.LoadPkcs12(loaded.Export(X509ContentType.Pkcs12), password: null);
    }

    // The system's verdict comes first; a wrong name stays wrong whoever signed it.
    private static bool Accepts(X509Certificate2Collection authorities, X509Certificate? certificate, X509Chain? presented, SslPolicyErrors errors)
    {
        if (errors is SslPolicyErrors.None)
        {
            return true;
        }

        if (errors is not SslPolicyErrors.RemoteCertificateChainErrors || certificate is not X509Certificate2 leaf)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.ExtraStore.AddRange(presented?.ChainPolicy.ExtraStore ?? []);
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(leaf);
    }
}
