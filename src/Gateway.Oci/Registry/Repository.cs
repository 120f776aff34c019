using System.Net.Http.Headers;

namespace Gateway.Oci.Registry;

/// <summary>What one pull reads from a registry and its mirrors (distribution-spec v1.1).</summary>
public sealed class Repository : IDisposable
{
    private const string DigestHeader = "Docker-Content-Digest";

    private static readonly string[] ManifestTypes =
        [MediaTypes.OciIndex, MediaTypes.OciManifest, MediaTypes.DockerManifestList, MediaTypes.DockerManifest, "*/*"];

    private readonly ImageReference reference;
    private readonly IReadOnlyList<Endpoint> endpoints;
    private readonly RegistryOptions options;
    private readonly TimeProvider time;

    internal Repository(ImageReference reference, IReadOnlyList<Endpoint> endpoints, RegistryOptions options, TimeProvider time)
    {
        this.reference = reference;
        this.endpoints = endpoints;
        this.options = options;
        this.time = time;
    }

    /// <summary>What the reference stands for now.</summary>
    public Task<Descriptor> ResolveAsync(CancellationToken cancel) => FirstOfAsync(host => host.MayResolve || reference.Digest is not null, async endpoint =>
    {
        var (path, what) = ($"/{reference.Path}/manifests/{reference.Object}", $"cannot resolve {reference}");
        using (var head = await endpoint.SendAsync(HttpMethod.Head, path, what, AcceptManifests, cancel))
        {
            if (head.IsSuccessStatusCode && FactsOf(head) is { } descriptor)
            {
                return descriptor;
            }
        }

        // Some registries answer no HEAD, or leave out what matters: then the document itself tells.
        using var get = await endpoint.SendAsync(HttpMethod.Get, path, what, AcceptManifests, cancel);
        var bytes = await Bodies.ReadAsync(get, DocumentLimits.MaxBytes, options.IdleTimeout, cancel);
        return Checked(new Descriptor { MediaType = TypeOf(get), Digest = DigestOf(bytes), Size = bytes.Length });
    });

    /// <summary>A manifest, index or config, verified against its descriptor.</summary>
    public Task<byte[]> FetchDocumentAsync(Descriptor descriptor, CancellationToken cancel)
    {
        if (descriptor.Size > DocumentLimits.MaxBytes)
        {
            throw new OciException(OciFault.ManifestTooLarge, $"{descriptor.Digest} is larger than {DocumentLimits.MaxBytes} bytes");
        }

        return FirstOfAsync(host => host.MayPull, async endpoint =>
        {
            using var answer = await endpoint.SendAsync(HttpMethod.Get, PathOf(descriptor), $"cannot fetch {descriptor.Digest} of {reference}", Accept(descriptor), cancel);
            var bytes = await Bodies.ReadAsync(answer, DocumentLimits.MaxBytes, options.IdleTimeout, cancel);
            using var hash = descriptor.Digest.CreateHash();
            hash.AppendData(bytes);
            if (bytes.Length != descriptor.Size || !descriptor.Digest.Matches(hash.GetHashAndReset()))
            {
                throw new OciException(OciFault.DigestMismatch, $"{endpoint.Host.Api.Authority} sent other bytes than {descriptor.Digest}");
            }

            return bytes;
        });
    }

    /// <summary>
    /// A blob from an offset to its end. The stream reconnects by itself where the connection breaks, and throws rather than ends where size or, from
    /// offset 0, digest are not the descriptor's.
    /// </summary>
    public Task<Stream> OpenBlobAsync(Descriptor descriptor, long offset, CancellationToken cancel) => FirstOfAsync(host => host.MayPull, async endpoint =>
    {
        var source = new BlobSource(endpoint, PathOf(descriptor), Accept(descriptor), descriptor, $"cannot fetch {descriptor.Digest} of {reference}");
        return (Stream)new BlobStream(source, descriptor, offset, await source.OpenAsync(offset, cancel), options, time);
    });

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var endpoint in endpoints)
        {
            endpoint.Dispose();
        }
    }

    // Mirrors first. Whatever goes wrong with one, the next is asked; what the last says is told.
    private async Task<T> FirstOfAsync<T>(Func<RegistryHost, bool> may, Func<Endpoint, Task<T>> ask)
    {
        var usable = endpoints.Where(endpoint => may(endpoint.Host)).ToArray();
        for (var i = 0; i < usable.Length; i++)
        {
            try
            {
                return await ask(usable[i]);
            }
            catch (OciException) when (i < usable.Length - 1)
            {
                // The next one is asked.
            }
            catch (OciException failure)
            {
                RegistryTelemetry.Errors.Add(1, new KeyValuePair<string, object?>("error.type", failure.Fault.ToString()));
                throw;
            }
        }

        throw new OciException(OciFault.RegistryConfigurationInvalid, $"hosts.toml leaves no host of {reference.Domain} that may be asked");
    }

    private static void AcceptManifests(HttpRequestMessage request) => request.Headers.TryAddWithoutValidation("Accept", string.Join(", ", ManifestTypes));

    private static Action<HttpRequestMessage> Accept(Descriptor descriptor) => request =>
    {
        request.Headers.TryAddWithoutValidation("Accept", $"{descriptor.MediaType}, */*");
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
    };

    private string PathOf(Descriptor descriptor)
    {
        var isManifest = MediaTypes.IsIndex(descriptor.MediaType) || MediaTypes.IsManifest(descriptor.MediaType);
        return $"/{reference.Path}/{(isManifest ? "manifests" : "blobs")}/{descriptor.Digest}";
    }

    private static string TypeOf(HttpResponseMessage answer) =>
        answer.Content.Headers.ContentType?.MediaType is { } type && MediaTypes.IsWellFormed(type) ? type
            : throw new OciException(OciFault.ManifestInvalid, "the registry names no media type for the manifest");

    private Descriptor? FactsOf(HttpResponseMessage head)
    {
        var named = head.Headers.TryGetValues(DigestHeader, out var values) ? values.First() : null;
        return named is not null && head.Content.Headers.ContentLength is { } size and > 0 && head.Content.Headers.ContentType?.MediaType is not null
            ? Checked(new Descriptor
            {
                MediaType = TypeOf(head),
                Digest = Digest.TryParse(named, out var digest) ? digest : throw new OciException(OciFault.ManifestInvalid, "the registry names a malformed digest"),
                Size = size,
            })
            : null;
    }

    private Digest DigestOf(byte[] bytes)
    {
        var wanted = reference.Digest ?? Digest.Of(bytes);
        using var hash = wanted.CreateHash();
        hash.AppendData(bytes);
        return wanted.Matches(hash.GetHashAndReset()) ? wanted : throw new OciException(OciFault.DigestMismatch, $"the registry sent other bytes than {wanted}");
    }

    private Descriptor Checked(Descriptor descriptor)
    {
        if (reference.Digest is { } wanted && wanted != descriptor.Digest)
        {
            throw new OciException(OciFault.DigestMismatch, $"the registry was asked for {wanted} and offers {descriptor.Digest}");
        }

        return descriptor.Size <= DocumentLimits.MaxBytes ? descriptor
            : throw new OciException(OciFault.ManifestTooLarge, $"the manifest of {reference} is larger than {DocumentLimits.MaxBytes} bytes");
    }
}
