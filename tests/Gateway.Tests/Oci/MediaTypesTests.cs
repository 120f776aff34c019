using Gateway.Oci;

namespace Gateway.Tests.Oci;

public sealed class MediaTypesTests
{
    [Theory]
    [InlineData(MediaTypes.OciIndex, true, false, false, false, false, false)]
    [InlineData(MediaTypes.DockerManifestList, true, false, false, false, false, false)]
    [InlineData(MediaTypes.OciManifest, false, true, false, false, false, false)]
    [InlineData(MediaTypes.DockerManifest, false, true, false, false, false, false)]
    [InlineData(MediaTypes.OciConfig, false, false, true, false, false, false)]
    [InlineData(MediaTypes.DockerConfig, false, false, true, false, false, false)]
    [InlineData(MediaTypes.OciLayer, false, false, false, true, false, false)]
    [InlineData(MediaTypes.OciLayerGzip, false, false, false, true, false, false)]
    [InlineData(MediaTypes.OciLayerZstd, false, false, false, true, false, false)]
    [InlineData(MediaTypes.DockerLayer, false, false, false, true, false, false)]
    [InlineData(MediaTypes.DockerLayerGzip, false, false, false, true, false, false)]
    [InlineData(MediaTypes.DockerLayerZstd, false, false, false, true, false, false)]
    [InlineData("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", false, false, false, true, true, false)]
    [InlineData("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", false, false, false, true, true, false)]
    [InlineData(MediaTypes.DockerSchema1, false, false, false, false, false, true)]
    [InlineData(MediaTypes.DockerSchema1Signed, false, false, false, false, false, true)]
    [InlineData(MediaTypes.OciEmpty, false, false, false, false, false, false)]
    [InlineData("application/vnd.oci.image.layer.v1.tar+gzip+encrypted", false, false, false, false, false, false)]
    [InlineData("application/octet-stream", false, false, false, false, false, false)]
    [InlineData("", false, false, false, false, false, false)]
    public void A_type_is_of_one_kind(string mediaType, bool index, bool manifest, bool config, bool layer, bool foreign, bool schema1)
    {
        Assert.Equal(
            (index, manifest, config, layer, foreign, schema1),
            (MediaTypes.IsIndex(mediaType), MediaTypes.IsManifest(mediaType), MediaTypes.IsConfig(mediaType),
                MediaTypes.IsLayer(mediaType), MediaTypes.IsForeign(mediaType), MediaTypes.IsSchema1(mediaType)));
        Assert.False(MediaTypes.IsIndex(mediaType.ToUpperInvariant()) || MediaTypes.IsManifest(mediaType + "\n") || MediaTypes.IsConfig(mediaType + " "));
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("text/plain")]
    [InlineData("application/vnd.oci.image.layer.v1.tar+gzip")]
    [InlineData("Application/Vnd.Example")]
    [InlineData("1/2")]
    [InlineData("a!#$&-^_.+/b!#$&-^_.+")]
    public void A_type_and_a_subtype_are_well_formed(string mediaType) => Assert.True(MediaTypes.IsWellFormed(mediaType));

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("a")]
    [InlineData("a/")]
    [InlineData("/b")]
    [InlineData("a/b/c")]
    [InlineData("a//b")]
    [InlineData(" a/b")]
    [InlineData("a/b ")]
    [InlineData("a/b\n")]
    [InlineData("a /b")]
    [InlineData("a/b;q=1")]
    [InlineData("a/b, c/d")]
    [InlineData("*/*")]
    [InlineData("a/*")]
    [InlineData(".a/b")]
    [InlineData("a/.b")]
    [InlineData("a/+b")]
    [InlineData("a/b\0")]
    [InlineData("a/b\r\nX-Header: c")]
    [InlineData("\u0430/b")]
    [InlineData("a/\u212A")]
    [InlineData("a/\u0661")]
    [InlineData("a\u2215b")]
    public void What_is_no_type_is_not_well_formed(string mediaType) => Assert.False(MediaTypes.IsWellFormed(mediaType));

    [Fact]
    public void Names_are_well_formed_up_to_127_characters()
    {
        var name = new string('a', 127);

        Assert.True(MediaTypes.IsWellFormed($"{name}/{name}"));
        Assert.False(MediaTypes.IsWellFormed($"{name}a/{name}"));
        Assert.False(MediaTypes.IsWellFormed($"{name}/{name}a"));
    }
}
