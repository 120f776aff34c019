using System.Net;

namespace Gateway.Oci.Registry;

/// <summary>How a blob came to be in the repository.</summary>
public enum BlobOutcome
{
    /// <summary>Its bytes were sent.</summary>
    Uploaded,

    /// <summary>The registry took it from another of its repositories.</summary>
    Mounted,

    /// <summary>It was there.</summary>
    Existed,
}

/// <summary>One repository for one caller who pushes. Thread-safe; holds tokens, so drop it when the push ends.</summary>
/// <remarks>Every method may be repeated: what is there is not sent again. Throws <see cref="OciException"/> with a message that says what could not be done.</remarks>
public sealed class PushRepository
{
    private readonly ImageReference reference;
    private readonly HostSession session;
    private readonly RegistryOptions options;
    private readonly RetryRule retry;
    private readonly TimeProvider time;
    private volatile bool onlyChunks;

    internal PushRepository(ImageReference reference, HostSession session, RegistryOptions options, RetryRule retry, TimeProvider time) =>
        (this.reference, this.session, this.options, this.retry, this.time) = (reference, session, options, retry, time);

    /// <summary>Brings a blob into the repository: not at all where it is there, by a mount where the registry allows it, else by sending its bytes.</summary>
    /// <param name="mountFrom">Another repository of the registry that is said to have it.</param>
    /// <param name="sent">Told how many of its bytes were sent; goes back where a try begins anew.</param>
    public Task<BlobOutcome> PushBlobAsync(Descriptor blob, BlobSource source, string? mountFrom, Action<long> sent, CancellationToken cancel) =>
        AskAsync($"cannot push {blob.Digest} to {reference}", token => PushBlobOnceAsync(blob, source, mountFrom, sent, token), cancel);

    /// <summary>Puts a manifest or index under a tag, or under its digest where the tag is null; false where it stood there.</summary>
    /// <remarks>All it names must be in the repository before.</remarks>
    public Task<bool> PushManifestAsync(Descriptor manifest, byte[] bytes, string? tag, CancellationToken cancel) =>
        AskAsync($"cannot push {manifest.Digest} to {reference}", token => PushManifestOnceAsync(manifest, bytes, tag ?? manifest.Digest.ToString(), token), cancel);

    private async Task<BlobOutcome> PushBlobOnceAsync(Descriptor blob, BlobSource source, string? mountFrom, Action<long> sent, CancellationToken cancel)
    {
        var head = new ObjectRequest(HttpMethod.Head, "blobs", blob.Digest.ToString(), "*/*", "blob");
        if (await FindAsync(head, cancel) is { } found)
        {
            found.Dispose();
            return BlobOutcome.Existed;
        }

        if (await UploadSession.StartAsync(session, blob, mountFrom, cancel) is not { } upload)
        {
            return BlobOutcome.Mounted;
        }

        var inChunks = onlyChunks || blob.Size > Math.Max(upload.SmallestChunk ?? long.MaxValue, ChunkedUpload.ChunkBytes);
        if (!inChunks && !await PutWholeAsync(upload, blob, source, sent, cancel))
        {
            // This registry, or a proxy before it, does not take blobs whole: the rest of the push need not find that out again.
            onlyChunks = inChunks = true;
            upload = await UploadSession.StartAsync(session, blob, mountFrom: null, cancel);
        }

        if (inChunks)
        {
            await new ChunkedUpload(session, blob, source, sent, options, retry, time).RunAsync(upload!, cancel);
        }

        return BlobOutcome.Uploaded;
    }

    private async Task<bool> PutWholeAsync(UploadSession upload, Descriptor blob, BlobSource source, Action<long> sent, CancellationToken cancel)
    {
        var put = new ObjectRequest(HttpMethod.Put, "blobs", "uploads/", "*/*", "upload")
        {
            Place = UploadSession.WithDigest(upload.Place, blob.Digest),
            Body = () => new UploadContent(source, 0, blob.Size, sent, options),
        };
        try
        {
            using var answer = await session.SendAsync(put, cancel);
            return true;
        }
        catch (RegistryFault refused) when ((int?)refused.Status is 400 or 405 or 413 or 415 or 501)
        {
            return false;
        }
    }

    private async Task<bool> PushManifestOnceAsync(Descriptor manifest, byte[] bytes, string name, CancellationToken cancel)
    {
        var put = new ObjectRequest(HttpMethod.Put, "manifests", name, "*/*", "repository, or something that the manifest names") { Body = () => Document(bytes, manifest.MediaType) };
        using (var found = await FindAsync(put with { Method = HttpMethod.Head, Accept = $"{manifest.MediaType}, */*", Body = null }, cancel))
        {
            if (found is not null && DigestOf(found) == manifest.Digest.ToString())
            {
                return false;
            }
        }

        using var answer = await session.SendAsync(put, cancel);
        return DigestOf(answer) is { } stored && stored != manifest.Digest.ToString()
            ? throw new RegistryFault(OciFault.DigestMismatch, $"{session.Who} stored it under another digest")
            : true;
    }

    // Whoever may push need not be allowed to look: a refusal counts as "not there", and the upload tells. Credentials that are wrong are not sent again.
    private async Task<HttpResponseMessage?> FindAsync(ObjectRequest head, CancellationToken cancel)
    {
        try
        {
            return await session.SendAsync(head, cancel);
        }
        catch (RegistryFault absent) when (!absent.Transient && absent.Status is not (null or HttpStatusCode.Unauthorized))
        {
            return null;
        }
    }

    private static ByteArrayContent Document(byte[] bytes, string mediaType)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.TryAddWithoutValidation("Content-Type", mediaType);
        return content;
    }

    private static string? DigestOf(HttpResponseMessage answer) =>
        answer.Headers.NonValidated.TryGetValues("Docker-Content-Digest", out var digest) ? digest.ToString() : null;

    private async Task<T> AskAsync<T>(string what, Func<CancellationToken, Task<T>> attempt, CancellationToken cancel)
    {
        using var activity = RegistryTelemetry.Start("registry.push");
        try
        {
            return await retry.RunAsync(session.Host.Authority, lastHost: true, attempt, cancel);
        }
        catch (RegistryFault fault)
        {
            RegistryTelemetry.Failed(activity, fault.Fault);
            throw new OciException(fault.Fault, $"{what}: {fault.Message}", fault) { RetryAfter = fault.RetryAfter, IsFinal = !fault.Transient };
        }
    }
}
