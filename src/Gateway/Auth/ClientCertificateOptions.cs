namespace Gateway.Auth;

/// <summary>Section <c>Auth:ClientCertificates</c>: whose certificates are taken, and what they may do.</summary>
internal sealed class ClientCertificateOptions
{
    public const string Section = "Auth:ClientCertificates";

    /// <summary>PEM: the authorities whose certificates are taken, and intermediates that clients do not send. The system's authorities are never asked.</summary>
    public string? CaFile { get; init; }

    /// <summary>Certificates that are taken as they are, without an authority: SHA-256 of each, 64 hex digits.</summary>
    public IReadOnlyList<string> Thumbprints { get; init; } = [];

    /// <summary>By subject: the certificate's URI, or <c>sha256:</c> and its thumbprint.</summary>
    public IReadOnlyList<GrantEntry> Grants { get; init; } = [];

    public bool IsOn => CaFile is not null || Thumbprints.Count > 0;
}
