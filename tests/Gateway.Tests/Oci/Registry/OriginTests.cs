using Gateway.Oci;
using Gateway.Oci.Registry;

namespace Gateway.Tests.Oci.Registry;

/// <summary>Who may be shown the credentials of a reference.</summary>
public sealed class OriginTests
{
    [Theory]
    [InlineData("alpine", "registry-1.docker.io", true)]
    [InlineData("alpine", "registry-1.docker.io:443", true)]
    [InlineData("alpine", "mirror.test", false)]
    [InlineData("registry.test/app", "registry.test", true)]
    [InlineData("registry.test/app", "REGISTRY.test", true)]
    [InlineData("registry.test/app", "registry.test:443", true)]
    [InlineData("registry.test/app", "registry.test:80", false)]
    [InlineData("registry.test/app", "registry.test.evil", false)]
    [InlineData("registry.test:5000/app", "registry.test:5000", true)]
    [InlineData("registry.test:5000/app", "registry.test", false)]
    [InlineData("127.0.0.1:5000/app", "127.0.0.1:5000", true)]
    [InlineData("127.0.0.1:5000/app", "", false)]
    public void Only_the_registry_that_the_reference_names_is_the_origin(string reference, string host, bool expected)
    {
        using var client = new RegistryClient(new RegistryOptions { ConfigPath = "/nonexistent" }, TimeProvider.System);
        Assert.Equal(expected, client.Open(ImageReference.Parse(reference), credentials: null).IsOrigin(host));
    }
}
