using Gateway.Oci;
using Gateway.Oci.Writing;

namespace Gateway.Images.Custom;

/// <summary>What a new image is made from: one platform of an image, or nothing.</summary>
/// <param name="Manifest">Null where it is made from nothing.</param>
/// <param name="MediaType">The manifest's type, which the new one has too.</param>
internal sealed record BaseImage(Descriptor? Manifest, string MediaType, Descriptor? ConfigDescriptor, byte[] ConfigBytes, ImageConfig Config, IReadOnlyList<Descriptor> Layers)
{
    public static BaseImage Scratch(Platform platform)
    {
        var config = ConfigWriter.Scratch(platform);
        return new BaseImage(null, MediaTypes.OciManifest, null, config, ImageConfig.Parse(config), []);
    }

    /// <summary>Key of the snapshot that all its layers make; empty where it has none.</summary>
    public string TopChainId => Config.DiffIds.Count is 0 ? "" : ChainId.Of(Config.DiffIds)[^1].ToString();

    /// <summary>Every blob it is made of.</summary>
    public IEnumerable<Descriptor> Blobs => new[] { Manifest, ConfigDescriptor }.OfType<Descriptor>().Concat(Layers);
}
