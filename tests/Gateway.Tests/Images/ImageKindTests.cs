using Gateway.Images;

namespace Gateway.Tests.Images;

public sealed class ImageKindTests
{
    private const string Hex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("docker.io/library/alpine:3.20", "Tag")]
    [InlineData("alpine", "Tag")]
    [InlineData("docker.io/library/alpine@sha256:" + Hex, "Digest")]
    [InlineData("docker.io/library/alpine:3.20@sha256:" + Hex, "Digest")]
    [InlineData("sha256:" + Hex, "ConfigId")]
    [InlineData("sha256:0123", "Tag")]
    [InlineData("import-2024-01-01@sha256:" + Hex, "Digest")]
    [InlineData("odd name", "Other")]
    [InlineData("", "Other")]
    public void Name_is_told_for_what_it_is(string name, string kind) => Assert.Equal(kind, ImageNames.KindOf(name).ToString());
}
