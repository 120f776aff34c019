using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Auth;

/// <summary>The URI a certificate names its holder by, such as <c>spiffe://example.org/ci</c> (RFC 5280 section 4.2.1.6).</summary>
internal static class CertificateUri
{
    private const string SubjectAlternativeName = "2.5.29.17";
    private const int MaxLength = 256;

    private static readonly Asn1Tag Uri = new(TagClass.ContextSpecific, 6);

    /// <summary>Null where there is none, or more than one: which of them counts must not be a guess.</summary>
    public static string? Of(X509Certificate2 certificate)
    {
        try
        {
            return certificate.Extensions.Where(extension => extension.Oid?.Value is SubjectAlternativeName).SelectMany(Uris).ToArray() is [var uri] && IsUsable(uri) ? uri : null;
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    // A pinned certificate is named by its thumbprint: no authority's certificate is to take such a name.
    private static bool IsUsable(string uri) => uri.Length <= MaxLength && !uri.StartsWith("sha256:", StringComparison.OrdinalIgnoreCase) && uri.All(c => c is > ' ' and < (char)127) && System.Uri.TryCreate(uri, UriKind.Absolute, out _);

    private static List<string> Uris(X509Extension extension)
    {
        var uris = new List<string>();
        var names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
        while (names.HasData)
        {
            if (names.PeekTag().HasSameClassAndValue(Uri))
            {
                uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, Uri));
            }
            else
            {
                names.ReadEncodedValue();
            }
        }

        return uris;
    }
}
