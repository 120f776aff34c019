using Gateway.Http;
using Gateway.Oci;

namespace Gateway.Images.Import;

/// <summary>Which manifests of an image are unpacked: the platforms that were chosen, or the one that runs here. Both only for this system's layers.</summary>
internal sealed class UnpackChoice(ImportWork work)
{
    private readonly List<(Descriptor Manifest, Platform? Platform, bool IsUnpackable)> images = [];

    public void Add(WalkedDocument document)
    {
        if (document is { Document: ImageManifest manifest, Config: { } config })
        {
            config.RequireFits(manifest);
            images.Add((document.Descriptor, config.Platform, manifest.IsUnpackable));
        }
    }

    public IEnumerable<Descriptor> Manifests => Chosen.Select(image => image.Manifest);

    public void RequireUnpackable()
    {
        foreach (var image in Chosen.Where(image => !image.IsUnpackable))
        {
            throw new ProblemException(ProblemKinds.NotUnpackable,
                $"manifest {image.Manifest.Digest} has layers that cannot be unpacked; import it with unpack=false");
        }
    }

    private IEnumerable<(Descriptor Manifest, Platform? Platform, bool IsUnpackable)> Chosen =>
        !work.Unpack ? []
        : work.Platforms.Count > 0 ? images.Where(image => image.Platform?.Os == Platform.Host.Os)
        : PlatformMatcher.Best(Platform.Host, images.Select(image => image.Platform).ToArray()) is { } best ? [images[best]]
        : [];
}
