namespace Gateway.Oci.Registry;

/// <summary>Fetches whole documents: manifests, indexes and configs, never above 4 MiB, size and digest verified.</summary>
internal static class DocumentFetch
{
    /// <summary>Largest document accepted: 4 MiB, in bytes.</summary>
    /// <remarks>distribution-spec v1.1 ("Pushing Manifests") asks both sides to support at least 4 megabytes and lets a registry limit more.</remarks>
    public const int MaxBytes = 4 * 1024 * 1024;

    /// <summary>Fetches what the descriptor names from one host. Where other bytes come, it is asked once more, as for a layer.</summary>
    public static async Task<byte[]> FetchAsync(HostSession session, Descriptor wanted, CancellationToken cancel)
    {
        try
        {
            return await FetchOnceAsync(session, wanted, cancel);
        }
        catch (RegistryFault wrong) when (wrong.Fault is OciFault.DigestMismatch)
        {
            return await FetchOnceAsync(session, wanted, cancel);
        }
    }

    /// <summary>Reads an answer whole, or to one byte more than <paramref name="max"/>.</summary>
    public static async Task<byte[]> ReadAsync(HostSession session, HttpResponseMessage answer, int max, CancellationToken cancel)
    {
        using var body = await session.BodyOfAsync(answer, cancel);
        return await body.ReadAllAsync(max, cancel);
    }

    /// <summary>The request for a descriptor: manifests have their own path, all else is a blob.</summary>
    public static ObjectRequest RequestFor(HttpMethod method, Descriptor wanted)
    {
        var type = wanted.MediaType;
        var isManifest = MediaTypes.IsIndex(type) || MediaTypes.IsManifest(type) || MediaTypes.IsSchema1(type);
        return new ObjectRequest(method, isManifest ? "manifests" : "blobs", wanted.Digest.ToString(), $"{type}, */*", isManifest ? "digest" : "blob");
    }

    private static async Task<byte[]> FetchOnceAsync(HostSession session, Descriptor wanted, CancellationToken cancel)
    {
        var ask = RequestFor(HttpMethod.Get, wanted);
        using var answer = await session.SendAsync(ask, cancel);
        var announced = answer.Content.Headers.ContentLength ?? wanted.Size;
        if (announced != wanted.Size)
        {
            throw new RegistryFault(OciFault.DigestMismatch, $"{session.Who} sends {announced} bytes where {wanted.Size} were promised");
        }

        var bytes = await ReadAsync(session, answer, (int)wanted.Size, cancel);
        if (bytes.Length != wanted.Size)
        {
            throw new RegistryFault(OciFault.DigestMismatch, $"{session.Who} sends {(bytes.Length > wanted.Size ? "more" : "fewer")} bytes than the {wanted.Size} promised");
        }

        using var hash = wanted.Digest.CreateHash();
        hash.AppendData(bytes);
        return wanted.Digest.Matches(hash.GetCurrentHash())
            ? bytes
            : throw new RegistryFault(OciFault.DigestMismatch, $"{session.Who} sends bytes that are not those of the digest");
    }
}
