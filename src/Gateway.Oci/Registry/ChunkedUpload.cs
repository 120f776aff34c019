using System.Globalization;
using System.Net;

namespace Gateway.Oci.Registry;

/// <summary>Uploads a blob in pieces, one after the other, and after a break goes on where the registry says it stopped.</summary>
/// <remarks>
/// distribution-spec v1.1, "Pushing a blob in chunks". The <c>Range</c> of an answer to a piece is not relied on: some registries send a stale one
/// although they have stored it all. Only after a break or a 416 the registry is asked, and the digest at the end has the last word.
/// </remarks>
internal sealed class ChunkedUpload(HostSession session, Descriptor blob, BlobSource source, Action<long> sent, RegistryOptions options, RetryRule retry, TimeProvider time)
{
    /// <summary>Size of a piece unless the registry wants larger ones: 4 MiB, in bytes, the least that a large registry is known to take at most.</summary>
    public const long ChunkBytes = 4 * 1024 * 1024;

    /// <summary>What is tried where even that is refused as too large: 1 MiB, in bytes, which common proxies take unless told otherwise.</summary>
    private const long LeastChunkBytes = 1024 * 1024;

    private const int MaxBreaksWithoutProgress = 3;

    public async Task RunAsync(UploadSession upload, CancellationToken cancel)
    {
        var (place, chunk) = (upload.Place, Math.Max(ChunkBytes, upload.SmallestChunk ?? 0));
        var breaks = 0;
        for (long offset = 0, furthest = 0; offset < blob.Size;)
        {
            try
            {
                var length = Math.Min(chunk, blob.Size - offset);
                place = await SendAsync(place, offset, length, cancel);
                offset += length;
                (furthest, breaks) = offset > furthest ? (offset, 0) : (furthest, breaks);
            }
            catch (RegistryFault tooLarge) when (tooLarge.Status is HttpStatusCode.RequestEntityTooLarge && chunk > LeastChunkBytes && upload.SmallestChunk is null)
            {
                chunk = LeastChunkBytes;
            }
            catch (RegistryFault broken) when (broken is { Transient: true, Spent: false } || broken.Status is HttpStatusCode.RequestedRangeNotSatisfiable)
            {
                if (breaks == MaxBreaksWithoutProgress)
                {
                    throw broken.AsSpent();
                }

                await Task.Delay(retry.WaitAfter(broken, breaks++), time, cancel);
                (place, offset) = await WhereAsync(place, cancel);
            }
        }

        using var end = await session.SendAsync(Request(HttpMethod.Put, UploadSession.WithDigest(place, blob.Digest)) with { Body = UploadSession.Nothing }, cancel);
    }

    private async Task<Uri> SendAsync(Uri place, long offset, long length, CancellationToken cancel)
    {
        var patch = Request(HttpMethod.Patch, place) with { Body = () => Piece(offset, length) };
        using var answer = await session.SendAsync(patch, cancel);
        return UploadSession.PlaceAfter(answer, place);
    }

    private UploadContent Piece(long offset, long length)
    {
        var content = new UploadContent(source, offset, length, sent, options);
        // Without a unit, unlike HTTP's own.
        content.Headers.TryAddWithoutValidation("Content-Range", string.Create(CultureInfo.InvariantCulture, $"{offset}-{offset + length - 1}"));
        return content;
    }

    // What the registry has forgotten is begun anew by whoever tries again.
    private async Task<(Uri Place, long Offset)> WhereAsync(Uri place, CancellationToken cancel)
    {
        try
        {
            using var answer = await session.SendAsync(Request(HttpMethod.Get, place), cancel);
            var range = answer.Headers.NonValidated.TryGetValues("Range", out var values) ? values.ToString() : "";
            return (UploadSession.PlaceAfter(answer, place), OffsetAfter(range) is var offset && offset <= blob.Size ? offset : 0);
        }
        catch (RegistryFault lost) when (!lost.Transient && lost.Status is not null)
        {
            throw new RegistryFault(OciFault.RegistryUnavailable, $"{session.Who} has lost the upload", lost) { Transient = true };
        }
    }

    // "0-N"; "0-0" stands for nothing at all with the most used registry, and no piece is one byte.
    private static long OffsetAfter(string range)
    {
        var last = range.StartsWith("0-", StringComparison.Ordinal) && long.TryParse(range.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out var said) ? said : 0;
        return last is 0 ? 0 : last + 1;
    }

    private static ObjectRequest Request(HttpMethod method, Uri place) => new(method, "blobs", "uploads/", "*/*", "upload") { Place = place };
}
