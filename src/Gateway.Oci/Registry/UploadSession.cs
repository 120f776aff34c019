using System.Globalization;

namespace Gateway.Oci.Registry;

/// <summary>An upload that a registry has begun: where the next bytes go, and how many it wants at least in one piece.</summary>
/// <param name="SmallestChunk">From <c>OCI-Chunk-Min-Length</c>, in bytes: a registry that sends it wants large blobs in pieces.</param>
internal sealed record UploadSession(Uri Place, long? SmallestChunk)
{
    // A registry that wants larger pieces than this is not believed.
    private const long MostSmallestChunk = 512 * 1024 * 1024;

    /// <summary>Begins the upload of a blob, or has it mounted from another repository of the host: then there is nothing to upload, and the result is null.</summary>
    public static async Task<UploadSession?> StartAsync(HostSession session, Descriptor blob, string? mountFrom, CancellationToken cancel)
    {
        var start = new ObjectRequest(HttpMethod.Post, "blobs", "uploads/", "*/*", "repository") { Body = Nothing };
        if (mountFrom is not null)
        {
            var digest = Uri.EscapeDataString(blob.Digest.ToString());
            var mount = start with { MountFrom = mountFrom, Query = $"mount={digest}&from={Uri.EscapeDataString(mountFrom)}" };
            try
            {
                using var mounted = await session.SendAsync(mount, cancel);
                return (int)mounted.StatusCode is 201 ? null : Of(mounted, session);
            }
            catch (RegistryFault refused) when (!refused.Transient && refused.Fault is not OciFault.EgressDenied)
            {
                // The caller may not pull from there, or the registry mounts nothing: an upload needs neither.
            }
        }

        using var answer = await session.SendAsync(start, cancel);
        return Of(answer, session);
    }

    /// <summary>Where the next bytes go after an answer; a registry that does not say keeps the place.</summary>
    public static Uri PlaceAfter(HttpResponseMessage answer, Uri before) =>
        answer.Headers.NonValidated.TryGetValues("Location", out var location) ? RedirectRule.Next(answer.RequestMessage!.RequestUri!, location.ToString()) : before;

    /// <summary>The address that ends the upload. The registry's own query stays as it wrote it: it may be signed.</summary>
    public static Uri WithDigest(Uri place, Digest digest) =>
        new($"{place.GetLeftPart(UriPartial.Query)}{(place.Query.Length is 0 ? '?' : '&')}digest={Uri.EscapeDataString(digest.ToString())}");

    /// <summary>A body without a byte.</summary>
    public static HttpContent Nothing() => new ByteArrayContent([]);

    private static UploadSession Of(HttpResponseMessage answer, HostSession session)
    {
        if (!answer.Headers.NonValidated.Contains("Location"))
        {
            throw new RegistryFault(OciFault.RegistryUnavailable, $"{session.Who} does not say where to upload to");
        }

        var said = answer.Headers.NonValidated.TryGetValues("OCI-Chunk-Min-Length", out var values) ? values.ToString() : null;
        var smallest = long.TryParse(said, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) && bytes is > 0 and <= MostSmallestChunk ? bytes : (long?)null;
        return new UploadSession(PlaceAfter(answer, answer.RequestMessage!.RequestUri!), smallest);
    }
}
