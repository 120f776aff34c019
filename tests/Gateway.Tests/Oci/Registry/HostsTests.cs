using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Oci;
using Gateway.Oci.Registry;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Gateway.Tests.Oci.Registry;

public sealed class HostsTests : IDisposable
{
    // One span for all: a leaf may not outlive its issuer by the second that passes between them.
    private static readonly DateTimeOffset ValidFrom = DateTimeOffset.UtcNow.AddDays(-1);
    private static readonly DateTimeOffset ValidUntil = ValidFrom.AddDays(2);
    private readonly RegistryTrial trial = new();

    public void Dispose() => trial.Dispose();

    private static string Shown(string toml, string domain = "reg.test") => string.Join(" | ", HostsToml.Parse(toml, "/etc/x", domain).Select(h =>
        $"{h.Root.GetLeftPart(UriPartial.Authority)}{h.ApiPath} {h.Capabilities} {(h.IsOrigin ? "origin" : "other")}"
        + $"{string.Concat(h.Tls.CaFiles.Select(f => " ca=" + f))}{string.Concat(h.Tls.ClientPairs.Select(p => $" client={p.Certificate},{p.Key}"))}{(h.Tls.SkipVerify ? " skip" : "")}"));

    [Theory]
    [InlineData("", "https://reg.test/v2 All origin")]
    [InlineData("server = \"https://up.test\"", "https://up.test/v2 All other")]
    [InlineData("server = \"up.test:5000\"", "https://up.test:5000/v2 All other")]
    [InlineData("server = \"http://reg.test\"", "http://reg.test/v2 All origin")]
    [InlineData("[host.\"https://m1\"]\n[host.\"http://m2:80/sub\"]", "https://m1/v2 All other | http://m2/sub/v2 All other | https://reg.test/v2 All origin")]
    [InlineData("[host.\"127.0.0.1:5001\"]", "http://127.0.0.1:5001/v2 All other | https://reg.test/v2 All origin")]
    [InlineData("[host.\"https://z\"]\n[host.\"https://a\"]", "https://z/v2 All other | https://a/v2 All other | https://reg.test/v2 All origin")]
    [InlineData("[host.\"https://m\"]\ncapabilities=[\"pull\",\"resolve\"]", "https://m/v2 Pull, Resolve other | https://reg.test/v2 All origin")]
    [InlineData("[host.\"https://m/v2/proj\"]\noverride_path=true", "https://m/v2/proj All other | https://reg.test/v2 All origin")]
    [InlineData("[host.\"https://m/x/v2\"]", "https://m/x/v2 All other | https://reg.test/v2 All origin")]
    [InlineData("ca = \"c.pem\"", "https://reg.test/v2 All origin ca=/etc/x/c.pem")]
    [InlineData("ca = [\"c.pem\", \"/d.pem\"]", "https://reg.test/v2 All origin ca=/etc/x/c.pem ca=/d.pem")]
    [InlineData("client = \"c.pem\"", "https://reg.test/v2 All origin client=/etc/x/c.pem,")]
    [InlineData("client = [\"a.pem\", \"b.pem\"]", "https://reg.test/v2 All origin client=/etc/x/a.pem, client=/etc/x/b.pem,")]
    [InlineData("client = [[\"c.pem\", \"k.pem\"]]\nskip_verify = true", "https://reg.test/v2 All origin client=/etc/x/c.pem,/etc/x/k.pem skip")]
    [InlineData("unheard_of = 1", "https://reg.test/v2 All origin")]
    public void File_is_read_as_containerd_reads_it(string toml, string expected) => Assert.Equal(expected, Shown(toml));

    [Theory]
    [InlineData("server = ")]
    [InlineData("server = 5")]
    [InlineData("server = \"ftp://x\"")]
    [InlineData("server = \"https://user:pw@x\"")]
    [InlineData("[host]\nx = 5")]
    [InlineData("capabilities = [\"fly\"]")]
    [InlineData("skip_verify = \"yes\"")]
    [InlineData("ca = 5")]
    [InlineData("client = [[\"only-one\"]]")]
    [InlineData("[header]\nX = \"a\\r\\nInjected: 1\"")]
    [InlineData("[header]\n\"X Y\" = \"a\"")]
    public void Broken_file_is_a_configuration_fault_without_a_path(string toml)
    {
        trial.Configure("reg.test", toml);

        var fault = Assert.Throws<OciException>(() => trial.Open("reg.test"));

        Assert.Equal(OciFault.RegistryConfigurationInvalid, fault.Fault);
        Assert.Contains("reg.test", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(trial.ConfigPath, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1_5999_", "127.0.0.1:5999")]
    [InlineData("127.0.0.1:5999", "127.0.0.1:5999")]
    [InlineData("_default", "127.0.0.1:5999")]
    public async Task Folder_is_found_by_each_of_its_names(string folder, string domain)
    {
        await using var mirror = await ScriptedServer.StartAsync(context => context.SendManifest());
        trial.Configure(folder, $"[host.\"{mirror.Url}\"]");

        await trial.Open(domain).ResolveAsync(CancellationToken.None);

        Assert.Equal($"/v2/acme/app/manifests/1?ns={Uri.EscapeDataString(domain)}", Assert.Single(mirror.Seen).PathAndQuery);
    }

    [Theory]
    [InlineData(404)]
    [InlineData(401)]
    [InlineData(500)]
    public async Task Mirror_that_fails_leaves_the_word_to_the_registry(int status)
    {
        await using var mirror = await ScriptedServer.StartAsync(context => context.SendStatus(status, "", ("WWW-Authenticate", "Basic realm=x")));
        await using var registry = await ScriptedServer.StartAsync(context => context.SendManifest());
        trial.Configure(registry.Authority, $"[host.\"{mirror.Url}\"]");

        Assert.Equal(Answers.Manifest, await trial.Open(registry.Authority, new RegistryCredentials { Username = "u", Password = "p" }).ResolveAsync(CancellationToken.None));

        Assert.All(mirror.Seen, request => Assert.Null(request.Authorization));
        Assert.Equal("/v2/acme/app/manifests/1", Assert.Single(registry.Seen).PathAndQuery);
    }

    [Fact]
    public async Task Mirror_without_resolve_is_asked_for_blobs_only()
    {
        var blob = Answers.Noise(10);
        await using var mirror = await ScriptedServer.StartAsync(context => context.SendBlob(blob));
        await using var registry = await ScriptedServer.StartAsync(context => context.SendManifest());
        trial.Configure(registry.Authority, $"[host.\"{mirror.Url}\"]\ncapabilities = [\"pull\"]");
        var repository = trial.Open(registry.Authority);

        await repository.ResolveAsync(CancellationToken.None);
        Assert.Empty(mirror.Seen);
        await repository.OpenBlobAsync(Answers.BlobOf(blob), 0, CancellationToken.None);
        Assert.Single(mirror.Seen);
    }

    [Fact]
    public async Task Refusal_of_a_mirror_is_told_when_the_registry_cannot_be_reached()
    {
        await using var mirror = await ScriptedServer.StartAsync(context => context.SendStatus(403));
        trial.Configure("127.0.0.1:1", $"[host.\"{mirror.Url}\"]");

        var fault = await Assert.ThrowsAsync<OciException>(() => trial.Open("127.0.0.1:1").ResolveAsync(CancellationToken.None));

        Assert.Equal(OciFault.RegistryForbidden, fault.Fault);
        Assert.Contains(mirror.Authority, fault.Message, StringComparison.Ordinal);
    }

    private static X509Certificate2 Issue(string subject, X509Certificate2? issuer)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(issuer is null, false, 0, true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var made = issuer is null ? request.CreateSelfSigned(ValidFrom, ValidUntil) : request.Create(issuer, ValidFrom, ValidUntil, [1, 2, 3]).CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }

    [Theory]
    [InlineData("ca = \"ca.pem\"", true)]
    [InlineData("ca = \"other.pem\"", false)]
    [InlineData("skip_verify = true", true)]
    [InlineData("", false)]
    public async Task Certificate_is_trusted_as_configured(string toml, bool trusted)
    {
        using var ca = Issue("CN=Test CA", null);
        using var other = Issue("CN=Other CA", null);
        using var leaf = Issue("CN=registry", ca);
        await using var server = await ScriptedServer.StartAsync(context => context.SendManifest(), https => https.ServerCertificate = leaf);
        var folder = trial.Configure(server.Authority, $"server = \"{server.Url}\"\n{toml}");
        await File.WriteAllTextAsync(Path.Combine(folder, "ca.pem"), ca.ExportCertificatePem());
        await File.WriteAllTextAsync(Path.Combine(folder, "other.pem"), other.ExportCertificatePem());

        var resolving = trial.Open(server.Authority).ResolveAsync(CancellationToken.None);

        if (trusted)
        {
            Assert.Equal(Answers.Manifest, await resolving);
        }
        else
        {
            var fault = await Assert.ThrowsAsync<OciException>(() => resolving);
            Assert.Equal(OciFault.RegistryUnavailable, fault.Fault);
            Assert.Contains("TLS", fault.Message, StringComparison.Ordinal);
            Assert.True(fault.IsFinal);
        }
    }

    [Fact]
    public async Task Client_certificate_is_shown_to_its_host_and_not_to_storage()
    {
        using var ca = Issue("CN=Test CA", null);
        using var leaf = Issue("CN=registry", ca);
        using var client = Issue("CN=client", ca);
        void Https(HttpsConnectionAdapterOptions https)
        {
            https.ServerCertificate = leaf;
            https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
            https.AllowAnyClientCertificate();
        }

        await using var storage = await ScriptedServer.StartAsync(context => context.SendManifest(), Https);
        await using var server = await ScriptedServer.StartAsync(context => context.SendStatus(307, "", ("Location", storage.Url + "/x")), Https);
        var folder = trial.Configure(server.Authority, $"server = \"{server.Url}\"\nca = \"ca.pem\"\nclient = [[\"c.pem\", \"k.pem\"]]");
        await File.WriteAllTextAsync(Path.Combine(folder, "ca.pem"), ca.ExportCertificatePem());
        await File.WriteAllTextAsync(Path.Combine(folder, "c.pem"), client.ExportCertificatePem());
        using var key = client.GetRSAPrivateKey()!;
        await File.WriteAllTextAsync(Path.Combine(folder, "k.pem"), key.ExportPkcs8PrivateKeyPem());

        await trial.Open(server.Authority).ResolveAsync(CancellationToken.None);

        Assert.Equal("CN=client", server.Seen[0].ClientSubject);
        Assert.Null(storage.Seen[0].ClientSubject);
    }

    [Fact]
    public async Task Certificates_that_cannot_be_read_are_a_configuration_fault()
    {
        trial.Configure("127.0.0.1:1", "server = \"https://127.0.0.1:1\"\nca = \"missing.pem\"");

        var fault = await Assert.ThrowsAsync<OciException>(() => trial.Open("127.0.0.1:1").ResolveAsync(CancellationToken.None));

        Assert.Equal(OciFault.RegistryConfigurationInvalid, fault.Fault);
    }
}
