using Gateway.TestKit;

namespace Gateway.ContainerdTests.BadInput;

/// <summary>Manifests that a registry may answer and no pull may trust, by what is wrong with them.</summary>
internal static class RegistryData
{
    private const string Oci = "application/vnd.oci.image.manifest.v1+json";
    private const string OciIndex = "application/vnd.oci.image.index.v1+json";
    private const string Docker = "application/vnd.docker.distribution.manifest.v2+json";
    private const string Invalid = "502 manifest_invalid";

    private static readonly string Digest = "sha256:" + new string('a', 64);

    public static IReadOnlyDictionary<string, (TestImage Image, string Expected)> All { get; } = Manifests().Concat(Indexes()).ToDictionary(answer => answer.Name, answer => (answer.Image, answer.Expected));

    private static string Descriptor(string type, string size = "7", string more = "") => $$"""{"mediaType":"{{type}}","digest":"{{Digest}}","size":{{size}}{{more}}}""";

    private static string Config => Descriptor("application/vnd.oci.image.config.v1+json");

    private static string Layer => Descriptor("application/vnd.oci.image.layer.v1.tar+gzip");

    private static IEnumerable<(string Name, TestImage Image, string Expected)> Manifests()
    {
        foreach (var (name, json) in new[]
        {
            ("no JSON", "<html>"), ("nothing", ""), ("null", "null"), ("a list", "[]"), ("cut", "{\"schemaVersion\":2,"), ("two documents", "{}{}"), ("a byte order mark", "\ufeff{}"), ("schema 1", """{"schemaVersion":1,"fsLayers":[]}"""), ("schema 3", """{"schemaVersion":3}"""),
            ("no config", $$"""{"schemaVersion":2,"layers":[{{Layer}}]}"""), ("a config that is text", $$"""{"schemaVersion":2,"config":"x","layers":[]}"""), ("layers that are none", $$"""{"schemaVersion":2,"config":{{Config}},"layers":{} }"""), ("a layer that is null", $$"""{"schemaVersion":2,"config":{{Config}},"layers":[null]}"""),
            ("layers and manifests", $$"""{"schemaVersion":2,"config":{{Config}},"layers":[],"manifests":[]}"""), ("another media type within", $$"""{"schemaVersion":2,"mediaType":"{{OciIndex}}","config":{{Config}},"layers":[]}"""), ("layers twice", $$"""{"schemaVersion":2,"config":{{Config}},"layers":[],"layers":[{{Layer}}]}"""),
            ("Layers", $$"""{"schemaVersion":2,"config":{{Config}},"layers":[],"Layers":[]}"""), ("a foreign layer", $$"""{"schemaVersion":2,"config":{{Config}},"layers":[{{Descriptor("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", more: ",\"urls\":[\"http://169.254.169.254/\"]")}}]}"""),
            ("a layer with addresses", $$"""{"schemaVersion":2,"config":{{Config}},"layers":[{{Descriptor("application/vnd.oci.image.layer.v1.tar", more: ",\"urls\":[\"https://example.com/\"]")}}]}"""),
            ("a negative size", $$"""{"schemaVersion":2,"config":{{Config}},"layers":[{{Descriptor("application/vnd.oci.image.layer.v1.tar", "-1")}}]}"""), ("a size of 2^63", $$"""{"schemaVersion":2,"config":{{Config}},"layers":[{{Descriptor("application/vnd.oci.image.layer.v1.tar", "9223372036854775808")}}]}"""),
            ("a size of 2^63 - 1", $$"""{"schemaVersion":2,"config":{{Config}},"layers":[{{Descriptor("application/vnd.oci.image.layer.v1.tar", "9223372036854775807")}}]}"""), ("513 layers", $$"""{"schemaVersion":2,"config":{{Config}},"layers":[{{string.Join(',', Enumerable.Repeat(Layer, 513))}}]}"""),
            ("a digest that is a path", $$"""{"schemaVersion":2,"config":{"mediaType":"a/b","digest":"sha256:../../etc/passwd","size":1},"layers":[]}"""), ("a lone surrogate", """{"schemaVersion":2,"config":"\ud800"}"""), ("nested 5,000 deep", string.Concat(Enumerable.Repeat("{\"a\":", 5000)) + "1" + new string('}', 5000)),
        })
        {
            yield return ($"{name}, OCI", TestImage.Raw(Oci, json), Invalid);
            yield return ($"{name}, Docker", TestImage.Raw(Docker, json), Invalid);
        }

        foreach (var type in new[] { "text/html", "application/json", "application/vnd.docker.distribution.manifest.v1+prettyjws", "application/octet-stream", "x" })
        {
            yield return ($"type {type}", TestImage.Raw(type, "{}"), Invalid);
        }
    }

    private static IEnumerable<(string Name, TestImage Image, string Expected)> Indexes()
    {
        foreach (var (name, json, expected) in new[]
        {
            ("no manifests", """{"schemaVersion":2}""", "422 platform_not_found"), ("manifests that are none", """{"schemaVersion":2,"manifests":"x"}""", Invalid), ("a manifest that is null", """{"schemaVersion":2,"manifests":[null]}""", Invalid), ("an empty list", """{"schemaVersion":2,"manifests":[]}""", "422 platform_not_found"),
            ("layers too", """{"schemaVersion":2,"manifests":[],"layers":[]}""", Invalid), ("1,001 manifests", $$"""{"schemaVersion":2,"manifests":[{{string.Join(',', Enumerable.Repeat(Descriptor(Oci), 1001))}}]}""", Invalid), ("only another platform", $$"""{"schemaVersion":2,"manifests":[{{Descriptor(Oci, more: ",\"platform\":{\"os\":\"plan9\",\"architecture\":\"pdp11\"}")}}]}""", "422 platform_not_found"),
            ("a platform that is text", $$"""{"schemaVersion":2,"manifests":[{{Descriptor(Oci, more: ",\"platform\":\"linux\"")}}]}""", Invalid), ("a manifest that is not there", $$"""{"schemaVersion":2,"manifests":[{{Descriptor(Oci, more: ",\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}")}}]}""", "404 image_not_found"),
        })
        {
            yield return ($"index with {name}", TestImage.Raw(OciIndex, json), expected);
        }
    }
}
