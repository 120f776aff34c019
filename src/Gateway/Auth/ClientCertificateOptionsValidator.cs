using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Gateway.Http;
using Microsoft.Extensions.Options;

namespace Gateway.Auth;

/// <summary>Refuses what would let nobody in, or be without effect.</summary>
internal sealed partial class ClientCertificateOptionsValidator(Listeners listeners) : IValidateOptions<ClientCertificateOptions>
{
    public ValidateOptionsResult Validate(string? name, ClientCertificateOptions options)
    {
        var faults = Faults(options).Select(fault => $"{ClientCertificateOptions.Section}{fault}").ToArray();
        return faults.Length is 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private IEnumerable<string> Faults(ClientCertificateOptions options)
    {
        if (options.IsOn && listeners.FirstTls is null)
        {
            yield return " needs a listener with https";
        }

        if (!options.IsOn && options.Grants.Count > 0)
        {
            yield return ":Grants needs a CaFile or Thumbprints";
        }

        if (options.CaFile is not null && FaultOf(options.CaFile) is { } unusable)
        {
            yield return $":CaFile {options.CaFile} cannot be used: {unusable}";
        }

        foreach (var thumbprint in options.Thumbprints.Where(thumbprint => !Sha256().IsMatch(thumbprint)))
        {
            yield return $":Thumbprints names '{thumbprint}', which is not the 64 hex digits of a SHA-256";
        }

        foreach (var grant in options.Grants)
        {
            if (grant.Group is not null || !IsSubject(grant.Subject))
            {
                yield return $":Grants names '{grant.Subject ?? grant.Group}'; its subjects are URIs, or sha256: and 64 hex digits";
            }

            foreach (var fault in GrantRules.Faults(grant.Permissions, grant.Namespaces))
            {
                yield return $":Grants {fault}";
            }
        }
    }

    private static bool IsSubject(string? subject) => subject is not null
        && (subject.StartsWith("sha256:", StringComparison.Ordinal) ? Sha256().IsMatch(subject["sha256:".Length..]) : Uri.TryCreate(subject, UriKind.Absolute, out _));

    private static string? FaultOf(string file)
    {
        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(file);
            return authorities.Count is 0 ? "it holds no certificate" : null;
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return unusable.Message;
        }
    }

    [GeneratedRegex(@"\A[0-9a-fA-F]{64}\z", RegexOptions.CultureInvariant, 250)]
    private static partial Regex Sha256();
}
