using Gateway.Containerd;
using Gateway.Containerd.Services.Images;
using Gateway.Http;
using Gateway.Oci;
using Grpc.Core;

namespace Gateway.Images.Custom;

/// <summary>Reads the image that a new one is made from, as it stands in the content store.</summary>
internal static class BaseReader
{
    /// <summary>Platforms of one image that are looked into for the one a snapshot stands on.</summary>
    private const int MaxPlatforms = 64;

    /// <summary>The platform a pull would choose. Where none is wanted and the image has but one, that.</summary>
    public static async Task<BaseImage> ChooseAsync(NamespacedClient client, Image image, Platform? wanted, CancellationToken cancel)
    {
        var entry = TargetOf(image);
        for (var depth = 1; MediaTypes.IsIndex(entry.MediaType); depth++)
        {
            wanted ??= Platform.Host;
            entry = PlatformMatcher.Choose(wanted, await ReadIndexAsync(client, entry, depth, cancel));
        }

        var chosen = await ReadAsync(client, entry, cancel);
        return wanted is null || PlatformMatcher.Accepts(wanted, chosen.Config.Platform) ? chosen : throw PlatformMatcher.NotFound(wanted, [chosen.Config.Platform]);
    }

    /// <summary>The platform whose layers end in the chain id; null where no platform that is here does.</summary>
    public static async Task<BaseImage?> FindByChainAsync(NamespacedClient client, Image image, string topChainId, CancellationToken cancel)
    {
        var manifests = new List<Descriptor>();
        await FlattenAsync(client, TargetOf(image), depth: 1, manifests, cancel);
        foreach (var manifest in manifests.Take(MaxPlatforms))
        {
            // An index has many platforms that were never pulled; one that is the whole image must be here.
            if ((manifests.Count is 1 || await client.FindAsync(manifest.Digest.ToString(), cancel) is not null)
                && await ReadAsync(client, manifest, cancel) is var candidate && candidate.TopChainId == topChainId)
            {
                return candidate;
            }
        }

        return null;
    }

    /// <summary>The image of one manifest.</summary>
    public static async Task<BaseImage> ReadAsync(NamespacedClient client, Descriptor manifest, CancellationToken cancel)
    {
        var document = (ImageManifest)OciDocument.Parse(await ReadDocumentAsync(client, manifest, cancel), manifest.MediaType);
        if (!document.IsUnpackable)
        {
            throw new ProblemException(ProblemKinds.NotUnpackable, $"{manifest.Digest} is an artifact ({document.Config.MediaType}); no image can be made from it");
        }

        var bytes = await ReadDocumentAsync(client, document.Config, cancel);
        var config = ImageConfig.Parse(bytes);
        config.RequireFits(document);
        return new BaseImage(manifest, manifest.MediaType, document.Config, bytes, config, document.Layers);
    }

    private static Descriptor TargetOf(Image image) => Digest.TryParse(image.Target.Digest, out var digest)
        ? new Descriptor { MediaType = image.Target.MediaType, Digest = digest, Size = image.Target.Size }
        : throw RequiredContent.Missing([image.Target.Digest]);

    private static async Task FlattenAsync(NamespacedClient client, Descriptor entry, int depth, List<Descriptor> manifests, CancellationToken cancel)
    {
        if (!MediaTypes.IsIndex(entry.MediaType))
        {
            manifests.Add(entry);
            return;
        }

        foreach (var child in PlatformMatcher.Images(await ReadIndexAsync(client, entry, depth, cancel)))
        {
            if (!MediaTypes.IsIndex(child.MediaType) || await client.FindAsync(child.Digest.ToString(), cancel) is not null)
            {
                await FlattenAsync(client, child, depth + 1, manifests, cancel);
            }
        }
    }

    private static async Task<ImageIndex> ReadIndexAsync(NamespacedClient client, Descriptor entry, int depth, CancellationToken cancel) => depth <= DocumentLimits.MaxIndexDepth
        ? (ImageIndex)OciDocument.Parse(await ReadDocumentAsync(client, entry, cancel), entry.MediaType)
        : throw new OciException(OciFault.ManifestInvalid, $"index {entry.Digest} is nested deeper than {DocumentLimits.MaxIndexDepth} levels");

    private static async Task<byte[]> ReadDocumentAsync(NamespacedClient client, Descriptor document, CancellationToken cancel)
    {
        try
        {
            return await client.ReadAllAsync(document.Digest.ToString(), DocumentLimits.MaxBytes, cancel);
        }
        catch (RpcException missing) when (missing.StatusCode is StatusCode.NotFound)
        {
            throw RequiredContent.Missing([document.Digest.ToString()]);
        }
        catch (InvalidDataException large)
        {
            throw new OciException(OciFault.ManifestTooLarge, $"{document.Digest} is over {DocumentLimits.MaxBytes} bytes", large);
        }
    }
}
