using System.Text;
using Gateway.Oci;
using static Gateway.Tests.Oci.Documents;

namespace Gateway.Tests.Oci;

/// <summary>Documents that are taken, and what is read out of them.</summary>
public sealed class OciDocumentTests
{
    [Fact]
    public void A_manifest_is_read_with_all_its_fields()
    {
        var manifest = Manifest(
            config: Descriptor(MediaTypes.OciConfig, DigestB, "1470"),
            layers: Descriptor(MediaTypes.OciLayerGzip, DigestA, "3623844", ""","annotations":{"a":"b"}""") + "," + Descriptor(MediaTypes.OciLayerZstd, DigestB, "32"),
            more: $$""","subject":{{Descriptor(MediaTypes.OciManifest)}},"artifactType":"application/vnd.example+json","annotations":{"org.opencontainers.image.title":"x"}""")
            .AsManifest();

        Assert.Equal(MediaTypes.OciManifest, manifest.MediaType);
        Assert.Equal((MediaTypes.OciConfig, Digest.Parse(DigestB), 1470L), (manifest.Config.MediaType, manifest.Config.Digest, manifest.Config.Size));
        Assert.Equal([DigestA, DigestB], manifest.Layers.Select(layer => layer.Digest.ToString()));
        Assert.Equal([3623844L, 32L], manifest.Layers.Select(layer => layer.Size));
        Assert.Equal("b", manifest.Layers[0].Annotations!["a"]);
        Assert.Null(manifest.Layers[1].Annotations);
        Assert.Equal(1470 + 3623844 + 32, manifest.TotalSize);
        Assert.Equal(MediaTypes.OciManifest, manifest.Subject!.MediaType);
        Assert.Equal("application/vnd.example+json", manifest.ArtifactType);
        Assert.Equal("x", Assert.Single(manifest.Annotations).Value);
        Assert.True(manifest.IsUnpackable);
    }

    [Fact]
    public void Foreign_layers_are_read_where_they_are_allowed()
    {
        var json = Manifest(layers: Descriptor(MediaTypes.OciLayerGzip, DigestA) + ","
            + Descriptor("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", DigestB, more: ""","urls":["https://elsewhere.test/x"]"""));

        var manifest = Assert.IsType<ImageManifest>(OciDocument.Parse(Encoding.UTF8.GetBytes(json), MediaTypes.OciManifest, allowForeign: true));

        Assert.Null(manifest.Layers[0].Urls);
        Assert.Equal(["https://elsewhere.test/x"], manifest.Layers[1].Urls);
    }

    [Fact]
    public void An_index_is_read_with_all_its_fields()
    {
        var index = Index(
            Entry("linux/arm64/v8") + ","
            + Descriptor(MediaTypes.OciManifest, more: ""","platform":{"os":"windows","architecture":"amd64","os.version":"10.0.17763.1","os.features":["win32k"]}""") + ","
            + Descriptor("application/vnd.example.thing", more: ""","artifactType":"application/vnd.example","annotations":{"a":"b"}"""),
            more: ""","annotations":{"c":"d"}""").AsIndex();

        Assert.Equal(3, index.Manifests.Count);
        Assert.Equal(Platform.Parse("linux/arm64"), index.Manifests[0].Platform);
        Assert.Equal("10.0.17763.1", index.Manifests[1].Platform!.OsVersion);
        Assert.Equal(["win32k"], index.Manifests[1].Platform!.OsFeatures!);
        Assert.Null(index.Manifests[2].Platform);
        Assert.Equal("application/vnd.example", index.Manifests[2].ArtifactType);
        Assert.Equal("d", index.Annotations["c"]);
        Assert.Null(index.Subject);
    }

    [Theory]
    [InlineData(MediaTypes.DockerManifest, MediaTypes.DockerConfig, MediaTypes.DockerLayerGzip)]
    [InlineData(MediaTypes.DockerManifest, MediaTypes.DockerConfig, MediaTypes.DockerLayer)]
    [InlineData(MediaTypes.DockerManifest, MediaTypes.DockerConfig, MediaTypes.DockerLayerZstd)]
    [InlineData(MediaTypes.OciManifest, MediaTypes.OciConfig, MediaTypes.OciLayer)]
    [InlineData(MediaTypes.OciManifest, MediaTypes.OciConfig, MediaTypes.OciLayerZstd)]
    [InlineData(MediaTypes.OciManifest, MediaTypes.DockerConfig, MediaTypes.DockerLayerGzip)]
    public void Images_of_both_families_can_be_unpacked(string manifest, string config, string layer) =>
        Assert.True(Manifest(Descriptor(config), Descriptor(layer), mediaType: manifest).AsManifest(manifest).IsUnpackable);

    [Theory]
    [InlineData("application/octet-stream", MediaTypes.DockerLayerGzip)]
    [InlineData("application/vnd.docker.plugin.v1+json", MediaTypes.DockerLayerGzip)]
    [InlineData("application/vnd.cncf.helm.config.v1+json", "application/vnd.cncf.helm.chart.content.v1.tar+gzip")]
    [InlineData(MediaTypes.OciEmpty, "application/vnd.example")]
    [InlineData(MediaTypes.OciConfig, "application/vnd.dev.cosign.simplesigning.v1+json")]
    [InlineData(MediaTypes.OciConfig, "application/vnd.in-toto+json")]
    [InlineData(MediaTypes.OciConfig, MediaTypes.OciLayerGzip + "+encrypted")]
    [InlineData(MediaTypes.OciConfig, "application/vnd.OCI.image.layer.v1.tar+gzip")]
    public void Artifacts_are_taken_and_cannot_be_unpacked(string config, string layer)
    {
        Assert.False(Manifest(Descriptor(config), Descriptor(layer)).AsManifest().IsUnpackable);
        Assert.False(Manifest(Descriptor(config), Descriptor(layer), mediaType: MediaTypes.DockerManifest).AsManifest(MediaTypes.DockerManifest).IsUnpackable);
    }

    [Fact]
    public void One_artifact_layer_among_image_layers_makes_an_artifact() =>
        Assert.False(Manifest(layers: Descriptor(MediaTypes.OciLayer) + "," + Descriptor("application/vnd.example")).AsManifest().IsUnpackable);

    [Theory]
    [InlineData("""{"schemaVersion":2,"manifests":[]}""")]
    [InlineData("""{"schemaVersion":2,"manifests":null}""")]
    [InlineData("""{"schemaVersion":2}""")]
    [InlineData("""{"schemaVersion":2,"mediaType":null,"annotations":null,"subject":null,"artifactType":null}""")]
    [InlineData("""{"schemaVersion":2,"mediaType":"","artifactType":""}""")]
    public void Absent_null_and_empty_are_the_same_in_an_index(string json)
    {
        Assert.Empty(json.AsIndex().Manifests);
        Assert.Empty(json.AsIndex(MediaTypes.DockerManifestList).Manifests);
    }

    [Theory]
    [InlineData(""","layers":[]""")]
    [InlineData(""","layers":null""")]
    [InlineData("")]
    public void A_manifest_may_have_no_layers(string layers)
    {
        var manifest = $$"""{"schemaVersion":2,"config":{{Descriptor(MediaTypes.OciConfig)}}{{layers}}}""".AsManifest();

        Assert.Empty(manifest.Layers);
        Assert.Equal(7, manifest.TotalSize);
    }

    [Fact]
    public void Fields_that_no_spec_names_are_passed_over()
    {
        var manifest = Manifest(
            config: Descriptor(MediaTypes.OciConfig, more: ""","data":"e30=","newFeature":{"deep":[1,2,{"er":null}]}"""),
            more: ""","io.example.build":{"a":[1]},"tag":"x","name":"y","history":7,"signatures":[],"layerz":1,"kayers":{}""").AsManifest();

        Assert.Single(manifest.Layers);
    }

    [Fact]
    public void A_repeated_layer_is_counted_each_time() =>
        Assert.Equal(7 + (3 * 7), Manifest(layers: string.Join(',', Enumerable.Repeat(Descriptor(MediaTypes.OciLayer), 3))).AsManifest().TotalSize);

    [Fact]
    public void Escapes_and_unicode_in_annotations_are_text() =>
        Assert.Equal("ünï\n\U0001F433", Manifest(more: ""","annotations":{"\u0061":"ünï\n\ud83d\udc33"}""").AsManifest().Annotations["a"]);

    [Fact]
    public void A_null_annotation_is_empty_as_in_go() =>
        Assert.Equal("", Manifest(more: ""","annotations":{"a":null}""").AsManifest().Annotations["a"]);

    [Fact]
    public void Limits_are_taken_up_to_their_value()
    {
        var layer = Descriptor(MediaTypes.OciLayer);
        var annotated = $$""","annotations":{{Annotations(DocumentLimits.MaxAnnotations)}}""";

        Assert.Equal(DocumentLimits.MaxLayers, Manifest(layers: string.Join(',', Enumerable.Repeat(layer, DocumentLimits.MaxLayers))).AsManifest().Layers.Count);
        Assert.Equal(DocumentLimits.MaxIndexEntries,
            Index(string.Join(',', Enumerable.Repeat(Entry("linux/amd64"), DocumentLimits.MaxIndexEntries))).AsIndex().Manifests.Count);
        Assert.Equal(DocumentLimits.MaxAnnotations, Manifest(more: annotated).AsManifest().Annotations.Count);
        Assert.Single(Manifest(more: $$""","annotations":{{Annotations(1, DocumentLimits.MaxAnnotationValueLength)}}""").AsManifest().Annotations);
        Assert.Equal(long.MaxValue, Manifest(layers: Descriptor(MediaTypes.OciLayer, size: $"{long.MaxValue - 7}")).AsManifest().TotalSize);
    }

    [Fact]
    public void A_document_is_taken_up_to_4_MiB_and_no_further()
    {
        var bytes = new byte[DocumentLimits.MaxBytes + 1];
        bytes.AsSpan().Fill((byte)' ');
        Encoding.UTF8.GetBytes(Manifest(), bytes);

        Assert.IsType<ImageManifest>(OciDocument.Parse(bytes.AsSpan(0, DocumentLimits.MaxBytes), MediaTypes.OciManifest));
        Assert.Contains("4194304", Refusal(() => OciDocument.Parse(bytes, MediaTypes.OciManifest), OciFault.ManifestTooLarge), StringComparison.Ordinal);
        Refusal(() => ImageConfig.Parse(bytes), OciFault.ManifestTooLarge);
    }

    [Fact]
    public void Nesting_is_taken_up_to_32_and_no_further()
    {
        static string Nested(int depth) => Manifest(more: $",\"x\":{new string('[', depth - 1)}{new string(']', depth - 1)}");

        Assert.NotNull(Nested(32).AsManifest());
        Refusal(() => Nested(33).AsManifest());
        Refusal(() => Nested(100_000).AsManifest());
    }
}
