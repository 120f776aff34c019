using Gateway.Auth;
using Gateway.Http;
using Gateway.TestKit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Auth;

/// <summary>What time does to a caller by certificate, and what no handshake can show; the rest is tested by handshakes.</summary>
public sealed class CertificateCallersTests
{
    private static readonly DateTimeOffset Until = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly CertificateSpec Ci = new() { Uris = ["spiffe://example.org/ci"], Until = Until };

    [Fact]
    public void A_caller_ends_with_the_certificate_although_the_connection_lives()
    {
        using var folder = new TestFolder();
        using var root = CertificateForge.Authority("Root");
        using var certificate = CertificateForge.Make(Ci, root);
        var time = new FakeTimeProvider(Until.AddHours(-1));
        var callers = Callers(new ClientCertificateOptions { CaFile = folder.Write(root.ExportCertificatePem()) }, time);
        Assert.Equal("cert:spiffe://example.org/ci", callers.From(certificate, [])!.Subject);
        time.Advance(TimeSpan.FromHours(2));
        Assert.Null(callers.From(certificate, []));
    }

    [Fact]
    public void A_caller_ends_with_what_stands_above_the_certificate()
    {
        using var folder = new TestFolder();
        using var root = CertificateForge.Authority("Root");
        using var below = CertificateForge.Make(new CertificateSpec { CommonName = "Below", IsAuthority = true, Usages = null, Until = Until.AddMinutes(-30) }, root);
        using var certificate = CertificateForge.Make(Ci with { Until = Until.AddMinutes(-30) }, below);
        var time = new FakeTimeProvider(Until.AddHours(-1));
        var callers = Callers(new ClientCertificateOptions { CaFile = folder.Write(root.ExportCertificatePem()) }, time);
        Assert.NotNull(callers.From(certificate, [below]));
        time.Advance(TimeSpan.FromMinutes(31));
        Assert.Null(callers.From(certificate, [below]));
    }

    [Fact]
    public void A_pinned_certificate_is_its_thumbprint_and_ends_too()
    {
        using var certificate = CertificateForge.Make(Ci);
        var thumbprint = CertificateForge.ThumbprintOf(certificate);
        var time = new FakeTimeProvider(Until.AddHours(-1));
        var callers = Callers(new ClientCertificateOptions { Thumbprints = [thumbprint] }, time);
        Assert.Equal($"cert:sha256:{thumbprint}", callers.From(certificate, [])!.Subject);
        time.Advance(TimeSpan.FromHours(2));
        Assert.Null(callers.From(certificate, []));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void A_signature_with_SHA_1_proves_nothing(bool isWeak, bool isTaken)
    {
        // TLS refuses such certificates at most settings of OpenSSL; this does at all of them.
        using var folder = new TestFolder();
        using var root = CertificateForge.Authority("Root");
        using var certificate = CertificateForge.Make(Ci with { IsWeak = isWeak }, root);
        var callers = Callers(new ClientCertificateOptions { CaFile = folder.Write(root.ExportCertificatePem()) }, new FakeTimeProvider(Until.AddHours(-1)));
        Assert.Equal(isTaken, callers.From(certificate, []) is not null);
    }

    [Fact]
    public void Intermediates_of_the_bundle_are_found_but_are_no_roots()
    {
        using var folder = new TestFolder();
        using var root = CertificateForge.Authority("Root");
        using var below = CertificateForge.Authority("Below", root);
        using var certificate = CertificateForge.Make(Ci, below);
        var time = new FakeTimeProvider(Until.AddHours(-1));
        var both = root.ExportCertificatePem() + "\n" + below.ExportCertificatePem();
        Assert.NotNull(Callers(new ClientCertificateOptions { CaFile = folder.Write(both) }, time).From(certificate, []));
        Assert.Null(Callers(new ClientCertificateOptions { CaFile = folder.Write(below.ExportCertificatePem()) }, time).From(certificate, []));
    }

    private static CertificateCallers Callers(ClientCertificateOptions options, TimeProvider time)
    {
        var configuration = new ConfigurationBuilder().Build();
        var auth = new CurrentAuth(
            configuration, new ConfigurationFaults(), Options.Create(new AuthOptions()), Options.Create(options), new AuthOptionsValidator(),
            new ClientCertificateOptionsValidator(Listeners.From(configuration)), NullLogger<CurrentAuth>.Instance);
        return new CertificateCallers(Options.Create(options), auth, AccessStore.Open("/nonexistent/access.json"), time);
    }

    private sealed class TestFolder : IDisposable
    {
        private readonly string path = Repo.NewFolder("trust");

        public string Write(string text)
        {
            var file = System.IO.Path.Combine(path, Guid.NewGuid().ToString("N"));
            File.WriteAllText(file, text);
            return file;
        }

        public void Dispose() => Directory.Delete(path, recursive: true);
    }
}
