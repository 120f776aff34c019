using Gateway.Containerd.Freshness;
using Gateway.Oci;
using Grpc.Core;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace Gateway.Images.Reading;

/// <summary>Manifests, indexes and configs by digest, parsed. They cannot change; whether a namespace has them can, and is asked every time.</summary>
internal sealed class DocumentCache(IOptions<ImageOptions> options) : IDisposable
{
    /// <summary>Memory a parsed document takes, as a multiple of its bytes.</summary>
    private const int Weight = 4;

    private const int Overhead = 512;

    private readonly MemoryCache documents = new(new MemoryCacheOptions { SizeLimit = Math.Max(1, options.Value.MemoryBytes / 2) });

    /// <summary>An index or manifest; null where it is not here, or is not what it claims to be: other clients store what they like.</summary>
    public ValueTask<OciDocument?> DocumentAsync(NamespaceReading reading, Descriptor descriptor, CancellationToken cancel) =>
        FindAsync(reading, descriptor, bytes => OciDocument.Parse(bytes, descriptor.MediaType), cancel);

    /// <summary>A config; null where it is not here or is none.</summary>
    public ValueTask<ImageConfig?> ConfigAsync(NamespaceReading reading, Descriptor descriptor, CancellationToken cancel) =>
        FindAsync(reading, descriptor, bytes => ImageConfig.Parse(bytes), cancel);

    public void Dispose() => documents.Dispose();

    private async ValueTask<T?> FindAsync<T>(NamespaceReading reading, Descriptor descriptor, Func<byte[], T> parse, CancellationToken cancel)
        where T : class
    {
        var digest = descriptor.Digest.ToString();
        // The namespace is part of the key, and the media type decides how the same bytes are read.
        var key = (reading.Client.Namespace, digest, descriptor.MediaType);
        if (documents.TryGetValue(key, out var known))
        {
            return await reading.FindBlobAsync(digest, cancel) is null ? null : (T?)known;
        }

        try
        {
            var bytes = await reading.ReadBlobAsync(digest, DocumentLimits.MaxBytes, cancel);
            var document = parse(bytes);
            documents.Set(key, document, new MemoryCacheEntryOptions { Size = ((long)bytes.Length * Weight) + Overhead });
            return document;
        }
        catch (RpcException missing) when (missing.StatusCode is StatusCode.NotFound)
        {
            return null;
        }
        catch (Exception odd) when (odd is OciException or InvalidDataException)
        {
            return null;
        }
    }
}
