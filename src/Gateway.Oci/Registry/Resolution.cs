using System.Net;

namespace Gateway.Oci.Registry;

/// <summary>Turns a tag or digest into a descriptor: by HEAD, and by GET where HEAD is refused or leaves something unsaid.</summary>
internal static class Resolution
{
    private const string Accept =
        $"{MediaTypes.DockerManifest}, {MediaTypes.DockerManifestList}, {MediaTypes.OciManifest}, {MediaTypes.OciIndex}, */*";

    private const int MaxMediaTypeLength = 255;

    /// <summary>Resolves at one host.</summary>
    public static async Task<Descriptor> ResolveAsync(HostSession session, ImageReference reference, CancellationToken cancel)
    {
        var head = new ObjectRequest(HttpMethod.Head, "manifests", reference.Object, Accept, reference.Digest is null ? "tag" : "digest");
        try
        {
            using var answer = await session.SendAsync(head, cancel);
            if (MediaTypeOf(answer) is { } type && answer.Content.Headers.ContentLength is { } size && (DigestOf(answer, session) ?? reference.Digest) is { } digest)
            {
                return Checked(new Descriptor { MediaType = type, Digest = digest, Size = size }, reference, session);
            }
        }
        catch (RegistryFault fault) when (fault.Status is HttpStatusCode.MethodNotAllowed)
        {
        }

        return await ByGetAsync(session, head with { Method = HttpMethod.Get }, reference, cancel);
    }

    private static async Task<Descriptor> ByGetAsync(HostSession session, ObjectRequest get, ImageReference reference, CancellationToken cancel)
    {
        using var answer = await session.SendAsync(get, cancel);
        var type = MediaTypeOf(answer) ?? throw new RegistryFault(OciFault.ManifestInvalid, $"{session.Who} does not say the media type");
        var said = DigestOf(answer, session);
        var length = answer.Content.Headers.ContentLength ?? 0;
        var bytes = length > DocumentFetch.MaxBytes ? throw TooLarge(session) : await DocumentFetch.ReadAsync(session, answer, DocumentFetch.MaxBytes, cancel);
        var digest = HashOf(bytes, reference.Digest ?? said);
        if (said is not null && said != digest)
        {
            throw new RegistryFault(OciFault.DigestMismatch, $"{session.Who} sends bytes that are not those of the digest it names");
        }

        return Checked(new Descriptor { MediaType = type, Digest = digest, Size = bytes.Length }, reference, session);
    }

    private static Descriptor Checked(Descriptor found, ImageReference reference, HostSession session)
    {
        if (found.Size > DocumentFetch.MaxBytes)
        {
            throw TooLarge(session);
        }

        if (reference.Digest is { } asked && asked != found.Digest)
        {
            throw new RegistryFault(OciFault.DigestMismatch, $"{session.Who} answers with another digest than was asked for");
        }

        return found.Size > 0 ? found : throw new RegistryFault(OciFault.ManifestInvalid, $"{session.Who} answers with an empty manifest");
    }

    private static RegistryFault TooLarge(HostSession session) => new(OciFault.ManifestTooLarge, $"{session.Who} answers with a manifest over {DocumentFetch.MaxBytes} bytes");

    // Stripped of parameters: "application/json; charset=utf-8" is application/json.
    private static string? MediaTypeOf(HttpResponseMessage answer)
    {
        var type = answer.Content.Headers.ContentType?.MediaType;
        return type is { Length: > 0 and <= MaxMediaTypeLength } && type.All(c => c is > ' ' and <= '~') ? type : null;
    }

    private static Digest? DigestOf(HttpResponseMessage answer, HostSession session)
    {
        if (!answer.Headers.NonValidated.TryGetValues("Docker-Content-Digest", out var values))
        {
            return null;
        }

        return Digest.TryParse(values.ToString(), out var digest) ? digest : throw new RegistryFault(OciFault.ManifestInvalid, $"{session.Who} names a digest that is none");
    }

    private static Digest HashOf(byte[] bytes, Digest? like)
    {
        if (like is null)
        {
            return Digest.Of(bytes);
        }

        using var hash = like.Value.CreateHash();
        hash.AppendData(bytes);
        return Digest.FromHash(hash.AlgorithmName, hash.GetCurrentHash());
    }
}
