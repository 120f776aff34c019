using Gateway.Images.Push;
using Gateway.Oci;

namespace Gateway.Tests.Images;

public sealed class MountSourceTests
{
    [Theory]
    [InlineData("acme/base", "acme/base")]
    [InlineData("library/debian,acme/base,other/x", "acme/base")]
    [InlineData("acme/app", null)]
    [InlineData("acme/app,acme/old", "acme/old")]
    [InlineData("zeta/x,alpha/x", "alpha/x")]
    [InlineData("", null)]
    [InlineData("../../etc,a b,UPPER/x,x?y=1", null)]
    public void Repository_nearest_to_the_target_is_taken_and_only_what_is_a_path(string known, string? expected) =>
        Assert.Equal(expected, From("containerd.io/distribution.source.reg.test", known, "reg.test:5000/acme/app:1"));

    [Fact]
    public void Blob_of_another_registry_has_no_source() =>
        Assert.Null(From("containerd.io/distribution.source.other.test", "acme/base", "reg.test/acme/app:1"));

    private static string? From(string label, string value, string target) =>
        MountSource.Of(new Dictionary<string, string>(StringComparer.Ordinal) { [label] = value }, ImageReference.Parse(target));
}
