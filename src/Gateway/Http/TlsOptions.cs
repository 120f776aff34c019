namespace Gateway.Http;

/// <summary>Section <c>Tls</c>: the certificate of the https listeners.</summary>
internal sealed class TlsOptions
{
    public const string Section = "Tls";

    /// <summary>PEM, the server's own certificate first, intermediates after it.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>PEM, unencrypted; for the gateway alone to read.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Whether clients are asked for a certificate. Not configuration: whoever judges them says so.</summary>
    internal bool AsksForCertificates { get; set; }
}
