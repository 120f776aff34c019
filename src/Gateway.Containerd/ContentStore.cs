using System.Runtime.CompilerServices;
using Gateway.Containerd.Services.Content;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Gateway.Containerd;

/// <summary>Reading and labelling blobs.</summary>
public static class ContentStore
{
    private const int AbortAttempts = 20;
    private static readonly TimeSpan AbortPause = TimeSpan.FromMilliseconds(50);

    /// <summary>Every blob of the namespace. Leaving the loop ends the daemon's work.</summary>
    public static async IAsyncEnumerable<Info> BlobsAsync(this NamespacedClient containerd, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var call = containerd.Content.List(new ListContentRequest(), cancellationToken: cancel);
        while (await call.ResponseStream.MoveNext(cancel))
        {
            foreach (var blob in call.ResponseStream.Current.Info)
            {
                yield return blob;
            }
        }
    }

    /// <summary>The blob's info, or null where this namespace does not have it.</summary>
    public static async Task<Info?> FindAsync(this NamespacedClient containerd, string digest, CancellationToken cancel)
    {
        try
        {
            return (await containerd.Content.InfoAsync(new InfoRequest { Digest = digest }, cancellationToken: cancel)).Info;
        }
        catch (RpcException missing) when (missing.StatusCode is StatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>
    /// The blob's info after it has been added to the client's lease, or null where it is not here. Added before it is looked at: what
    /// is seen after that cannot be collected any more.
    /// </summary>
    public static async Task<Info?> FindAndHoldAsync(this NamespacedClient containerd, string digest, CancellationToken cancel)
    {
        if (await containerd.FindAsync(digest, cancel) is null)
        {
            return null;
        }

        await containerd.HoldAsync("content", digest, cancel);
        return await containerd.FindAsync(digest, cancel);
    }

    /// <summary>A blob's bytes from an offset on, so many of them or with 0 to the end. What a round of the loop gives is good for that round alone.</summary>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        this NamespacedClient containerd, string digest, long offset, long length, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var call = containerd.OpenRead(new ReadContentRequest { Digest = digest, Offset = offset, Size = length }, cancel);
        while (await call.ResponseStream.MoveNext(cancel))
        {
            using var chunk = call.ResponseStream.Current;
            yield return chunk.Data;
        }
    }

    /// <summary>Reads a small blob whole. More than <paramref name="maxBytes"/> ends in <see cref="InvalidDataException"/>.</summary>
    public static async Task<byte[]> ReadAllAsync(this NamespacedClient containerd, string digest, int maxBytes, CancellationToken cancel)
    {
        using var bytes = new MemoryStream();
        await foreach (var data in containerd.ReadAsync(digest, offset: 0, length: 0, cancel))
        {
            if (bytes.Length + data.Length > maxBytes)
            {
                throw new InvalidDataException($"{digest} is larger than {maxBytes} bytes");
            }

            bytes.Write(data.Span);
        }

        return bytes.ToArray();
    }

    /// <summary>Sets labels and leaves all others as they are: a mask names each key, because an update without one wipes the rest.</summary>
    public static async Task SetLabelsAsync(
        this NamespacedClient containerd, string digest, IReadOnlyDictionary<string, string> labels, CancellationToken cancel)
    {
        if (labels.Count is 0)
        {
            return;
        }

        var request = new UpdateRequest { Info = new Info { Digest = digest }, UpdateMask = new FieldMask() };
        foreach (var (key, value) in labels)
        {
            request.Info.Labels[key] = value;
            request.UpdateMask.Paths.Add("labels." + key);
        }

        await containerd.Content.UpdateAsync(request, cancellationToken: cancel);
    }

    /// <summary>How far an ingest is, or null where there is none of that ref.</summary>
    public static async Task<Services.Content.Status?> FindIngestAsync(this NamespacedClient containerd, string ingestRef, CancellationToken cancel)
    {
        try
        {
            return (await containerd.Content.StatusAsync(new StatusRequest { Ref = ingestRef }, cancellationToken: cancel)).Status;
        }
        catch (RpcException missing) when (missing.StatusCode is StatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Ends an ingest; one that is not there is as good. A writer that is just closing is waited for, a second at most.</summary>
    public static async Task AbortIngestAsync(this NamespacedClient containerd, string ingestRef, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await containerd.Content.AbortAsync(new AbortRequest { Ref = ingestRef }, cancellationToken: cancel);
                return;
            }
            catch (RpcException missing) when (missing.StatusCode is StatusCode.NotFound)
            {
                // Committed or aborted before.
                return;
            }
            catch (RpcException locked) when (BlobWriter.IsLocked(locked) && attempt < AbortAttempts)
            {
                await Task.Delay(AbortPause, cancel);
            }
        }
    }
}
