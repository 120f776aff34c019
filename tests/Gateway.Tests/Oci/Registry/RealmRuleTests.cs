using Gateway.Oci;
using Gateway.Oci.Registry;

namespace Gateway.Tests.Oci.Registry;

public sealed class RealmRuleTests
{
    private static readonly Dictionary<string, IReadOnlyList<string>> Trusted = new()
    {
        ["reg.test"] = ["auth.test"],
        ["reg.test:5000"] = ["auth.test:8443"],
    };

    private static Uri Check(string domain, string? realm) => RealmRule.Check(realm, RegistryHost.DefaultFor(domain), domain, Trusted);

    [Theory]
    [InlineData("reg.test", "https://reg.test/token")]
    [InlineData("reg.test", "https://REG.test:8443/token")]
    [InlineData("reg.test", "https://auth.test/token")]
    [InlineData("reg.test:5000", "https://auth.test:8443/token")]
    [InlineData("docker.io", "https://auth.docker.io/token")]
    [InlineData("127.0.0.1:5000", "http://127.0.0.1:5001/token")]
    [InlineData("127.0.0.1:5000", "http://localhost:5001/token")]
    public void Realm_of_the_registry_or_trusted_for_it_is_used(string domain, string realm) => Assert.Equal(new Uri(realm), Check(domain, realm));

    [Theory]
    [InlineData("reg.test", "https://thief.test/token")]
    [InlineData("reg.test", "https://reg.test.thief.test/token")]
    [InlineData("reg.test", "https://thief.test/https://reg.test/token")]
    [InlineData("reg.test", "https://reg.test@thief.test/token")]
    [InlineData("reg.test", "https://user:pw@reg.test/token")]
    [InlineData("reg.test", "http://reg.test/token")]
    [InlineData("reg.test", "http://127.0.0.1/token")]
    [InlineData("reg.test", "https://127.0.0.1/token")]
    [InlineData("reg.test", "https://169.254.169.254/latest")]
    [InlineData("reg.test", "file:///etc/passwd")]
    [InlineData("reg.test", "/token")]
    [InlineData("reg.test", "")]
    [InlineData("reg.test", null)]
    [InlineData("reg.test:5000", "https://auth.test/token")]
    [InlineData("other.test", "https://auth.test/token")]
    [InlineData("other.test", "https://auth.docker.io/token")]
    [InlineData("127.0.0.1:5000", "http://auth.test/token")]
    [InlineData("127.0.0.1:5000", "https://auth.test/token")]
    public void Realm_of_a_stranger_is_refused(string domain, string? realm) =>
        Assert.Equal(OciFault.EgressDenied, Assert.Throws<RegistryFault>(() => Check(domain, realm)).Fault);
}
