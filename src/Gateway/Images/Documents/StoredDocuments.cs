using Gateway.Containerd;
using Gateway.Containerd.Services.Images;
using Gateway.Http;
using Gateway.Images.Pull;
using Gateway.Oci;
using Grpc.Core;

namespace Gateway.Images.Documents;

/// <summary>The documents of one image as they stand in the content store.</summary>
internal sealed class StoredDocuments(NamespacedClient client, Image image)
{
    /// <summary>What the image's name stands for.</summary>
    public Descriptor Target { get; } = Digest.TryParse(image.Target.Digest, out var digest)
        ? new Descriptor { MediaType = image.Target.MediaType, Digest = digest, Size = image.Target.Size }
        : throw Missing(image, image.Target.Digest);

    /// <summary>The platform a query names; null where it names none.</summary>
    public static Platform? PlatformOf(string? query) =>
        query is null ? null
        : Platform.TryParse(query, out var platform) ? platform
        : throw ProblemException.InvalidField("platform", "is not os/arch[/variant]; an example is linux/amd64");

    /// <summary>The manifest a pull for the platform would choose.</summary>
    public async Task<Descriptor> ManifestAsync(Platform wanted, CancellationToken cancel)
    {
        var manifest = await DocumentWalk.ChooseAsync(Target, wanted, ReadAsync, cancel);
        if (manifest.Platform is null)
        {
            DocumentWalk.RequireWantedPlatforms([await DocumentWalk.ReadImageAsync(manifest, ReadAsync, cancel)], [wanted]);
        }

        return manifest;
    }

    public async Task<Descriptor> ConfigOfAsync(Descriptor manifest, CancellationToken cancel) =>
        ((ImageManifest)OciDocument.Parse(await ReadAsync(manifest, cancel), manifest.MediaType)).Config;

    public async Task<byte[]> ReadAsync(Descriptor document, CancellationToken cancel)
    {
        try
        {
            return await client.ReadAllAsync(document.Digest.ToString(), DocumentLimits.MaxBytes, cancel);
        }
        catch (RpcException missing) when (missing.StatusCode is StatusCode.NotFound)
        {
            throw Missing(image, document.Digest.ToString());
        }
        catch (InvalidDataException large)
        {
            throw new ProblemException(ProblemKinds.ManifestTooLarge, $"{document.Digest} of '{image.Name}' is over {DocumentLimits.MaxBytes} bytes", large);
        }
    }

    private static ProblemException Missing(Image image, string digest) =>
        new(ProblemKinds.ContentMissing, $"{digest} of '{image.Name}' is not in the content store");
}
