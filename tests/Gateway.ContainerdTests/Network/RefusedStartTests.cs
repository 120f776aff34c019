using System.Runtime.Versioning;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Network;

/// <summary>What is not safe does not start: the process ends with a failure, and its message names what is wrong and what to do.</summary>
[SupportedOSPlatform("linux")]
public sealed class RefusedStartTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly CertificateAuthority authority = new();
    private readonly string folder = Repo.NewFolder("refused");

    public void Dispose()
    {
        authority.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("ASPNETCORE_URLS", "http://0.0.0.0:0", "has no TLS, so keys and tokens would cross the network in clear")]
    [InlineData("ASPNETCORE_URLS", "http://[::]:0", "has no TLS")]
    [InlineData("ASPNETCORE_URLS", "http://*:0", "has no TLS")]
    [InlineData("ASPNETCORE_URLS", "http://+:0", "has no TLS")]
    [InlineData("ASPNETCORE_URLS", "http://gateway.example.org:0", "has no TLS")]
    [InlineData("ASPNETCORE_URLS", "http://127.0.0.1:0;http://192.0.2.1:0", "has no TLS")]
    [InlineData("Management__Urls", "http://0.0.0.0:0", "has no TLS")]
    [InlineData("ASPNETCORE_URLS", "https://127.0.0.1:0", "needs a certificate: set Tls:CertificateFile and Tls:KeyFile")]
    [InlineData("Kestrel__Endpoints__Open__Url", "http://0.0.0.0:0", "Kestrel:Endpoints is set; listeners are set up with Urls")]
    [InlineData("Kestrel__Certificates__Default__Path", "/etc/tls.pfx", "Kestrel:Certificates is set")]
    [InlineData("AllowedHosts", "*", "'*', which stands for every host")]
    [InlineData("AllowedHosts", "localhost;*", "'*', which stands for every host")]
    [InlineData("AllowedHosts", "*.", "which stands for every host")]
    [InlineData("AllowedHosts", "0.0.0.0", "which stands for every host")]
    [InlineData("AllowedHosts", "[::]", "which stands for every host")]
    [InlineData("AllowedHosts", "*.org", "which stands for a whole top-level domain")]
    [InlineData("AllowedHosts", "", "AllowedHosts is empty")]
    [InlineData("AllowedHosts", ";", "AllowedHosts is empty")]
    [InlineData("AllowedHosts", "https://gateway.example.org", "which is not a host")]
    [InlineData("AllowedHosts", "gateway.example.org:8443", "which is not a host")]
    [InlineData("AllowedHosts", "gate*.example.org", "which is not a host")]
    [InlineData("Cors__Origins__0", "*", "'*', which is not an origin")]
    [InlineData("Cors__Origins__0", "https://*.example.org", "which is not an origin")]
    [InlineData("Cors__Origins__0", "null", "which is not an origin")]
    [InlineData("Cors__Origins__0", "http://portal.example.org", "which is not an origin")]
    [InlineData("Cors__Origins__0", "https://portal.example.org/", "which is not an origin")]
    [InlineData("Cors__Origins__0", "https://portal.example.org:443", "which is not an origin")]
    [InlineData("Cors__Origins__0", "https://user@portal.example.org", "which is not an origin")]
    [InlineData("Cors__Origins__0", "portal.example.org", "which is not an origin")]
    [InlineData("GATEWAY_BOOTSTRAP_KEY", "", "there is no way to authenticate: the bootstrap key is set but empty")]
    [InlineData("Auth__BootstrapKey", "short", "shorter than 32 characters")]
    [InlineData("GATEWAY_BOOTSTRAP_KEY", "short", "shorter than 32 characters")]
    [InlineData("Egress__Allow__0", "*", "wildcards are not taken")]
    [InlineData("Egress__Allow__0", "*:443", "wildcards are not taken")]
    [InlineData("Egress__Allow__0", "*.example.org", "wildcards are not taken")]
    [InlineData("Egress__Allow__0", "0.0.0.0/0", "which is every address")]
    [InlineData("Egress__Allow__0", "::/0", "which is every address")]
    [InlineData("Egress__Allow__0", "https://registry.example.org", "is not host:port, a host or a CIDR")]
    [InlineData("Tls__KeyFile", "/etc/tls.key", "belong together")]
    [InlineData("Auth__ClientCertificates__CaFile", "/nonexistent/ca.pem", "Auth:ClientCertificates needs a listener with https")]
    [InlineData("Auth__ClientCertificates__Thumbprints__0", "abc", "not the 64 hex digits")]
    [InlineData("Auth__ClientCertificates__Grants__0__Subject", "spiffe://example.org/ci", "needs a CaFile or Thumbprints")]
    public async Task Setting_refuses_the_start(string name, string value, string reason) => await AssertRefusedAsync(reason, (name, value));

    [Fact]
    public async Task Listener_of_other_machines_needs_AllowedHosts()
    {
        var (certificate, key) = authority.IssueServer();
        await AssertRefusedAsync(
            "serves other machines, so AllowedHosts must list the hosts they call it by",
            ("ASPNETCORE_URLS", "https://0.0.0.0:0"), ("Tls__CertificateFile", certificate), ("Tls__KeyFile", key));
    }

    [Fact]
    public async Task With_TLS_and_hosts_it_serves_other_machines()
    {
        var (certificate, key) = authority.IssueServer();
        await using var gateway = await GatewayProcess.StartAsync("/nonexistent", new Dictionary<string, string?>
        {
            ["ASPNETCORE_URLS"] = "https://0.0.0.0:0",
            ["Tls__CertificateFile"] = certificate,
            ["Tls__KeyFile"] = key,
            ["AllowedHosts"] = "gateway.example.org",
        });
        Assert.Equal("https", gateway.Url.Scheme);
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    public async Task Key_of_the_certificate_that_others_can_read_refuses_the_start(UnixFileMode more)
    {
        var (certificate, key) = authority.IssueServer();
        File.SetUnixFileMode(key, OwnerOnly | more);
        await AssertRefusedAsync($"{key} is open to others", ("ASPNETCORE_URLS", "https://127.0.0.1:0"), ("Tls__CertificateFile", certificate), ("Tls__KeyFile", key));
    }

    [Fact]
    public async Task Key_of_another_certificate_refuses_the_start()
    {
        var (certificate, _) = authority.IssueServer();
        var (_, key) = authority.IssueServer();
        await AssertRefusedAsync("cannot be used", ("ASPNETCORE_URLS", "https://127.0.0.1:0"), ("Tls__CertificateFile", certificate), ("Tls__KeyFile", key));
    }

    [Fact]
    public async Task File_of_a_generated_key_that_others_can_read_refuses_the_start()
    {
        var state = Write("bootstrap.key.json", $"{{\"Sha256\":\"{new string('0', 64)}\"}}");
        await AssertRefusedAsync($"the file with the bootstrap key's hash, {state} is open to others (mode 0604)", ("GATEWAY_BOOTSTRAP_KEY", null), ("Auth__StateFile", state));
    }

    [Theory]
    [InlineData("jobs.db")]
    [InlineData("jobs.db-wal")]
    [InlineData("jobs.db-shm")]
    [InlineData("jobs.db.backup")]
    [InlineData("jobs.key")]
    public async Task Job_store_that_others_can_read_refuses_the_start(string name)
    {
        await AssertRefusedAsync($"the start is refused: the job store's file {Write(name, "")} is open to others (mode 0604): chmod 600 it", ("Jobs__Database", Path.Combine(folder, "jobs.db")));
    }

    [Theory]
    [InlineData("v1.5.18")]
    [InlineData("1.3.0~ds1")]
    [InlineData("v3.0.0-beta.1")]
    [InlineData("v10.1.0")]
    [InlineData("unknown")]
    [InlineData("")]
    public async Task Unsupported_containerd_refuses_the_start(string version)
    {
        var address = Path.Combine(folder, "containerd.sock");
        await using var daemon = await FakeContainerd.StartAsync(address, version);
        await AssertRefusedAsync(version is "unknown" or "" ? "containerd tells no version that can be judged" : $"containerd {version} is not supported: 1.6 to 2.x are", ("Containerd__Address", address));
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, OwnerOnly | UnixFileMode.OtherRead);
        return path;
    }

    private static async Task AssertRefusedAsync(string reason, params (string Name, string? Value)[] settings)
    {
        var (exit, log) = await GatewayProcess.StartRefusedAsync(settings.ToDictionary(setting => setting.Name, setting => setting.Value));
        Assert.NotEqual(0, exit);
        Assert.Contains(reason, log);
        Assert.DoesNotContain("Now listening", log);
    }
}
