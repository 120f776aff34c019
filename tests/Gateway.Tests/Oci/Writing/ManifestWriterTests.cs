using System.Text;
using Gateway.Oci;
using Gateway.Oci.Writing;

namespace Gateway.Tests.Oci.Writing;

public sealed class ManifestWriterTests
{
    private static readonly Descriptor Config = new() { MediaType = MediaTypes.OciConfig, Digest = Digest.Parse(Documents.DigestA), Size = 7 };

    [Fact]
    public void Manifest_is_these_bytes()
    {
        var layer = Config with { MediaType = MediaTypes.OciLayerGzip, Annotations = new Dictionary<string, string> { ["k"] = "v+" } };
        Assert.Equal(
            "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\"," +
            $"\"config\":{Documents.Descriptor(MediaTypes.OciConfig)},\"layers\":[{Documents.Descriptor(MediaTypes.OciLayerGzip, more: ",\"annotations\":{\"k\":\"v+\"}")}]}}",
            Encoding.UTF8.GetString(ManifestWriter.Write(MediaTypes.OciManifest, Config, [layer])));
    }

    [Theory]
    [InlineData(MediaTypes.OciManifest, MediaTypes.OciConfig)]
    [InlineData(MediaTypes.DockerManifest, MediaTypes.DockerConfig)]
    public void Written_manifest_reads_as_what_it_is(string manifestType, string configType)
    {
        Assert.Equal(configType, ManifestWriter.ConfigType(manifestType));
        var written = ManifestWriter.Write(manifestType, Config with { MediaType = configType }, []);
        Assert.True(Assert.IsType<ImageManifest>(OciDocument.Parse(written, manifestType)).IsUnpackable);
    }

    [Theory]
    [InlineData(BlobCompression.None, MediaTypes.OciLayer, MediaTypes.DockerLayer)]
    [InlineData(BlobCompression.Gzip, MediaTypes.OciLayerGzip, MediaTypes.DockerLayerGzip)]
    [InlineData(BlobCompression.Zstd, MediaTypes.OciLayerZstd, MediaTypes.DockerLayerZstd)]
    public void Layer_type_follows_the_manifest(BlobCompression compression, string oci, string docker)
    {
        Assert.Equal(oci, LayerTypes.MediaTypeOf(compression, MediaTypes.OciManifest));
        Assert.Equal(docker, LayerTypes.MediaTypeOf(compression, MediaTypes.DockerManifest));
        Assert.Equal(compression, LayerTypes.CompressionOf(oci));
        Assert.Equal(compression, LayerTypes.CompressionOf(docker));
    }

    [Theory]
    [InlineData(MediaTypes.OciConfig)]
    [InlineData("application/vnd.oci.image.layer.nondistributable.v1.tar")]
    [InlineData("application/octet-stream")]
    public void Other_types_are_no_layer(string mediaType) => Assert.Null(LayerTypes.CompressionOf(mediaType));
}
