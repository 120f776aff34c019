using System.Text;
using CsCheck;
using Gateway.Oci;
using static Gateway.Tests.Oci.Documents;

namespace Gateway.Tests.Oci;

/// <summary>Documents that are refused, with the words of the refusal that tell why.</summary>
public sealed class HostileDocumentTests
{
    public static TheoryData<string, string> Manifests => new()
    {
        // Type confusion (CVE-2021-41190)
        { Manifest(more: ""","manifests":[]"""), "manifests" },
        { Manifest(more: ""","manifests":null"""), "manifests" },
        { Manifest(more: $$""","manifests":[{{Entry("linux/amd64")}}]"""), "manifests" },
        { Index(mediaType: null), "manifests" },
        { Index(), "mediaType" },
        { Manifest(mediaType: MediaTypes.OciIndex), "mediaType" },
        { Manifest(mediaType: MediaTypes.DockerManifest), "mediaType" },
        { Manifest(mediaType: "application/vnd.OCI.image.manifest.v1+json"), "mediaType" },
        { Manifest(mediaType: MediaTypes.OciManifest + "; charset=utf-8"), "mediaType" },
        { Manifest(mediaType: MediaTypes.OciManifest + "\\n"), "mediaType" },
        { Manifest(mediaType: "x"), "mediaType" },

        // Schema 1
        { Manifest(more: ""","fsLayers":[]"""), "schema 1" },
        { Manifest(more: ""","fsLayers":null"""), "schema 1" },
        { """{"schemaVersion":1,"name":"x","tag":"y","architecture":"amd64","history":[]}""", "schema 1" },
        { """{"schemaVersion":1,"fsLayers":[{"blobSum":"x"}],"signatures":[]}""", "schema 1" },

        // Schema version
        { """{"config":{},"layers":[]}""", "schemaVersion" },
        { """{"schemaVersion":0}""", "schemaVersion" },
        { """{"schemaVersion":3}""", "schemaVersion" },
        { """{"schemaVersion":-2}""", "schemaVersion" },
        { """{"schemaVersion":"2"}""", "schemaVersion" },
        { """{"schemaVersion":2.0}""", "schemaVersion" },
        { """{"schemaVersion":2e0}""", "schemaVersion" },
        { """{"schemaVersion":true}""", "schemaVersion" },
        { """{"schemaVersion":[2]}""", "schemaVersion" },
        { """{"schemaVersion":99999999999999999999}""", "schemaVersion" },

        // Other spellings, which Go takes for the field
        { Manifest(more: ""","Layers":[]"""), "layers" },
        { Manifest(more: ""","LAYERS":null"""), "layers" },
        { Manifest(more: ""","layer\u0073":[]"""), "twice" },
        { Manifest(more: ""","layer\u017f":[]"""), "layers" },
        { Manifest(more: ""","\u006Danife\u017Fts":[]"""), "manifests" },
        { Manifest(more: ""","Manifests":[]"""), "manifests" },
        { Manifest(more: ""","FSLayers":[]"""), "fsLayers" },
        { Manifest(more: ""","mediatype":"x/y" """), "mediaType" },
        { Manifest(more: ""","SchemaVersion":1"""), "schemaVersion" },
        { Manifest(more: ""","Config":{}"""), "config" },
        { Manifest(layers: Descriptor(MediaTypes.OciLayer, more: $",\"Digest\":\"{DigestB}\"")), "layers[0].digest" },
        { Manifest(layers: Descriptor(MediaTypes.OciLayer, more: ",\"SIZE\":1")), "layers[0].size" },

        // Keys that stand twice
        { Manifest(more: ""","layers":[]"""), "twice" },
        { Manifest(more: ""","x":1,"x":1"""), "twice" },
        { Manifest(more: ""","annotations":{"a":"1","a":"2"}"""), "twice" },
        { Manifest(more: ""","annotations":{"a":"1","\u0061":"2"}"""), "twice" },
        { Manifest(config: Descriptor(MediaTypes.OciConfig, more: ",\"size\":8")), "twice" },
        { Manifest(more: ""","deep":[{"a":{"b":1,"b":2}}]"""), "twice" },

        // Config and layers
        { """{"schemaVersion":2,"layers":[]}""", "config is missing" },
        { """{"schemaVersion":2,"config":null,"layers":[]}""", "config is missing" },
        { """{"schemaVersion":2,"config":"x","layers":[]}""", "config is not a JSON object" },
        { """{"schemaVersion":2,"config":[],"layers":[]}""", "config is not a JSON object" },
        { """{"schemaVersion":2,"config":{},"layers":[]}""", "config.mediaType" },
        { Manifest(layers: "null"), "layers[0] is not a JSON object" },
        { Manifest(layers: "7"), "layers[0] is not a JSON object" },
        { Manifest(layers: Descriptor(MediaTypes.OciLayer) + ",[]"), "layers[1] is not a JSON object" },
        { $$$"""{"schemaVersion":2,"config":{{{Descriptor(MediaTypes.OciConfig)}}},"layers":{}}""", "layers is not an array" },
        { $$"""{"schemaVersion":2,"config":{{Descriptor(MediaTypes.OciConfig)}},"layers":"x"}""", "layers is not an array" },
        { Manifest(layers: string.Join(',', Enumerable.Repeat(Descriptor(MediaTypes.OciLayer), 513))), "at most 512" },
        { Manifest(layers: Descriptor(MediaTypes.OciLayer, size: $"{long.MaxValue - 6}")), "total size" },
        { Manifest(layers: Descriptor(MediaTypes.OciLayer, size: $"{long.MaxValue}") + "," + Descriptor(MediaTypes.OciLayer, size: $"{long.MaxValue}")), "total size" },
    };

    public static TheoryData<string, string> Descriptors => new()
    {
        { Descriptor("application/x", size: "0"), "size" },
        { Descriptor("application/x", size: "-1"), "size" },
        { Descriptor("application/x", size: "null"), "size" },
        { Descriptor("application/x", size: "\"7\""), "size" },
        { Descriptor("application/x", size: "7.0"), "size" },
        { Descriptor("application/x", size: "7e3"), "size" },
        { Descriptor("application/x", size: "9223372036854775808"), "size" },
        { Descriptor("application/x", size: "-9223372036854775808"), "size" },
        { Descriptor("application/x", digest: ""), "digest" },
        { Descriptor("application/x", digest: "sha256:abc"), "digest" },
        { Descriptor("application/x", digest: DigestA.ToUpperInvariant()), "digest" },
        { Descriptor("application/x", digest: "sha256:../../../../etc/passwd"), "digest" },
        { Descriptor("application/x", digest: DigestA + "\\n"), "digest" },
        { Descriptor("application/x", digest: "md5:d41d8cd98f00b204e9800998ecf8427e"), "digest" },
        { """{"mediaType":"application/x","size":7}""", "digest" },
        { """{"mediaType":"application/x","size":7,"digest":null}""", "digest" },
        { """{"mediaType":"application/x","size":7,"digest":7}""", "digest is not text" },
        { $$"""{"size":7,"digest":"{{DigestA}}"}""", "mediaType is missing" },
        { $$"""{"mediaType":7,"size":7,"digest":"{{DigestA}}"}""", "mediaType is not text" },
        { Descriptor(""), "mediaType is missing" },
        { Descriptor("application"), "mediaType" },
        { Descriptor("application/"), "mediaType" },
        { Descriptor("/x"), "mediaType" },
        { Descriptor("a/b/c"), "mediaType" },
        { Descriptor("application/x; a=b"), "mediaType" },
        { Descriptor("application/x\\r\\nSet-Cookie: a"), "mediaType" },
        { Descriptor("application/x\\u0000"), "mediaType" },
        { Descriptor("application/" + new string('x', 128)), "mediaType" },
        { Descriptor(new string('x', 128) + "/x"), "mediaType" },
        { Descriptor("application/x", more: ""","urls":["https://example.com/layer"]"""), "foreign" },
        { Descriptor("application/x", more: ""","urls":["http://169.254.169.254/latest/meta-data"]"""), "foreign" },
        { Descriptor("application/x", more: ""","urls":[""]"""), "foreign" },
        { Descriptor("application/x", more: ""","urls":[7]"""), "urls" },
        { Descriptor("application/x", more: ""","urls":"https://example.com" """), "urls" },
        { Descriptor("application/x", more: ""","artifactType":"not a type" """), "artifactType" },
        { Descriptor("application/x", more: ""","annotations":[]"""), "annotations" },
        { Descriptor("application/x", more: ""","annotations":{"a":1}"""), "annotations" },
        { Descriptor("application/x", more: ""","annotations":{"a":{}}"""), "annotations" },
        { Descriptor("application/x", more: $$""","annotations":{{Annotations(DocumentLimits.MaxAnnotations + 1)}}"""), "annotations" },
        { Descriptor("application/x", more: $$""","annotations":{{Annotations(1, DocumentLimits.MaxAnnotationValueLength + 1)}}"""), "annotations" },
        { Descriptor("application/x", more: $$""","annotations":{"{{new string('k', DocumentLimits.MaxAnnotationNameLength + 1)}}":""}"""), "annotations" },
        { Descriptor("application/x", more: ""","platform":"linux/amd64" """), "platform" },
        { Descriptor("application/x", more: ""","platform":{"os":"linux","architecture":"amd64\n"}"""), "platform.architecture" },
        { Descriptor("application/x", more: ""","platform":{"os":"../..","architecture":"amd64"}"""), "platform.os" },
        { Descriptor("application/x", more: ""","platform":{"os":"linux","architecture":7}"""), "platform.architecture" },
        { Descriptor("application/x", more: ""","platform":{"os":"linux","OS":"windows","architecture":"amd64"}"""), "platform.os" },
        { Descriptor("application/x", more: ""","platform":{"os":"linux","architecture":"amd64","os.version":"a b"}"""), "platform.os.version" },
        { Descriptor("application/x", more: ""","platform":{"os":"linux","architecture":"amd64","os.features":["a","b c"]}"""), "platform.os.features" },
        { Descriptor("application/x", more: $$""","platform":{"os":"{{new string('l', 33)}}","architecture":"amd64"}"""), "platform.os" },
    };

    public static TheoryData<string> NotJson => new(
        "", " ", "null", "true", "7", "\"x\"", "[]", "[{}]", "{", "}", "{}{}", "{} x", "{},", "{'a':1}", "{\"a\":1,}", "{\"a\":01}", "{\"a\":NaN}", "// x\n{}", "/* */{}",
        "{\"a\":\"\\ud800\"}", "{\"\\udc00\":1}", "{\"schemaVersion\":\"\\ud800\"}", "{\"a\":\"\\x\"}", "{\"a\":\"\n\"}", "<html>404</html>", "\uFEFF{}", "{\"a\":\u00A01}");

    [Theory]
    [MemberData(nameof(Manifests))]
    public void A_hostile_manifest_is_refused(string json, string because) =>
        Assert.Contains(because, Refusal(() => json.AsManifest()), StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Descriptors))]
    public void A_hostile_descriptor_is_refused_wherever_it_stands(string descriptor, string because)
    {
        var good = Descriptor(MediaTypes.OciLayer);

        Assert.Contains(because, Refusal(() => Manifest(config: descriptor).AsManifest()), StringComparison.Ordinal);
        Assert.Contains("layers[1]", Refusal(() => Manifest(layers: $"{good},{descriptor}").AsManifest()), StringComparison.Ordinal);
        Assert.Contains("manifests[1]", Refusal(() => Index($"{good},{descriptor}").AsIndex()), StringComparison.Ordinal);
        Assert.Contains("subject", Refusal(() => Manifest(more: $",\"subject\":{descriptor}").AsManifest()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")]
    [InlineData("application/vnd.docker.image.rootfs.foreign.diff.tar")]
    [InlineData("application/vnd.oci.image.layer.nondistributable.v1.tar")]
    [InlineData("application/vnd.oci.image.layer.nondistributable.v1.tar+zstd")]
    public void A_foreign_layer_is_refused_by_its_type(string mediaType) =>
        Assert.Contains("layers[0] is a foreign layer", Refusal(() => Manifest(layers: Descriptor(mediaType)).AsManifest()), StringComparison.Ordinal);

    [Theory]
    [InlineData(""","config":{}""", "config")]
    [InlineData(""","config":null""", "config")]
    [InlineData(""","layers":[]""", "layers")]
    [InlineData(""","layers":null""", "layers")]
    [InlineData(""","Layers":[]""", "layers")]
    [InlineData(""","Manifests":[]""", "manifests")]
    [InlineData(""","fsLayers":[]""", "schema 1")]
    [InlineData(""","annotations":"x" """, "annotations")]
    [InlineData(""","subject":[]""", "subject")]
    [InlineData(""","artifactType":"x" """, "artifactType")]
    public void A_hostile_index_is_refused(string more, string because) =>
        Assert.Contains(because, Refusal(() => Index(more: more).AsIndex()), StringComparison.Ordinal);

    [Fact]
    public void A_manifest_served_as_an_index_is_refused()
    {
        Refusal(() => Manifest().AsIndex());
        Refusal(() => Manifest(mediaType: null).AsIndex());
        Refusal(() => Manifest(mediaType: MediaTypes.OciIndex).AsIndex());
        Refusal(() => Index(mediaType: MediaTypes.DockerManifestList).AsIndex());
    }

    [Fact]
    public void Too_many_entries_are_refused() => Assert.Contains("at most 1000",
        Refusal(() => Index(string.Join(',', Enumerable.Repeat(Entry("linux/amd64"), 1001))).AsIndex()), StringComparison.Ordinal);

    [Theory]
    [InlineData(MediaTypes.DockerSchema1)]
    [InlineData(MediaTypes.DockerSchema1Signed)]
    public void Schema_1_is_refused_by_its_type(string mediaType) =>
        Assert.Contains("schema 1", Refusal(() => OciDocument.Parse("{}"u8, mediaType)), StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("text/html")]
    [InlineData("application/json")]
    [InlineData("application/vnd.oci.artifact.manifest.v1+json")]
    [InlineData(MediaTypes.OciManifest + "; charset=utf-8")]
    [InlineData("APPLICATION/VND.OCI.IMAGE.MANIFEST.V1+JSON")]
    [InlineData("x\r\ny")]
    public void A_type_that_is_no_documents_is_refused_and_not_repeated(string mediaType) =>
        Refusal(() => OciDocument.Parse(Encoding.UTF8.GetBytes(Manifest()), mediaType));

    [Theory]
    [MemberData(nameof(NotJson))]
    public void Bytes_that_are_no_json_object_are_refused(string text)
    {
        Refusal(() => text.AsManifest());
        Refusal(() => text.AsIndex());
        Refusal(() => text.AsConfig());
    }

    [Theory]
    [InlineData(0x80)]
    [InlineData(0xC0)]
    [InlineData(0xFF)]
    public void Bytes_that_are_no_utf8_are_refused_in_values_and_in_names(byte bad)
    {
        byte[] value = [.. "{\"schemaVersion\":2,\"x\":\""u8, bad, .. "\"}"u8];
        byte[] name = [.. "{\"schemaVersion\":2,\""u8, bad, .. "\":1}"u8];

        Refusal(() => OciDocument.Parse(value, MediaTypes.OciIndex));
        Refusal(() => OciDocument.Parse(name, MediaTypes.OciIndex));
        Refusal(() => ImageConfig.Parse(value));
    }

    [Fact]
    public void A_refusal_does_not_repeat_what_the_registry_sent()
    {
        Assert.All(
            [
                """{"schemaVersion":2,"canary":1,"canary":2}""", """{"schemaVersion":2,"mediaType":"canary"}""", """{"canary":<""",
                Manifest(layers: Descriptor("application/canary", digest: "canary")), Manifest(more: ""","annotations":{"canary":1}"""),
                Manifest(layers: Descriptor("application/x", more: ""","urls":["http://canary"]""")),
                Manifest(layers: Descriptor("application/x", more: ""","platform":{"os":"can ary","architecture":"canary"}""")),
            ],
            json => Assert.DoesNotContain("canary", Refusal(() => json.AsManifest()), StringComparison.Ordinal));
    }

    [Fact]
    public void Any_bytes_are_taken_or_refused_and_nothing_else() => Gen.Byte.Array[0, 200].Sample(bytes =>
    {
        Assert.NotNull(FaultOf(() => OciDocument.Parse(bytes, MediaTypes.OciManifest)));
        Assert.NotNull(FaultOf(() => OciDocument.Parse(bytes, MediaTypes.DockerManifestList)));
        FaultOf(() => ImageConfig.Parse(bytes));
    });

    [Fact]
    public void A_good_document_with_bytes_changed_is_taken_or_refused_and_nothing_else()
    {
        var good = Encoding.UTF8.GetBytes(Manifest(more: $$""","subject":{{Entry("linux/arm/v7")}},"annotations":{"a":"\u00e9"}"""));
        var index = Encoding.UTF8.GetBytes(Index(Entry("linux/arm/v7", more: ""","annotations":{"a":"b"}""")));
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Int[0, good.Length - 1], Gen.Byte).Sample((i, x, j, y) =>
        {
            var (bytes, other) = ((byte[])good.Clone(), (byte[])index.Clone());
            (bytes[i], bytes[j], other[i % other.Length], other[j % other.Length]) = (x, y, x, y);
            FaultOf(() => OciDocument.Parse(bytes, MediaTypes.OciManifest));
            FaultOf(() => OciDocument.Parse(other, MediaTypes.OciIndex));
            FaultOf(() => OciDocument.Parse(bytes.AsSpan(0, i), MediaTypes.OciManifest));
        }, iter: 10_000);
    }
}
