using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Network;

/// <summary>The certificate of the listeners, seen by handshakes.</summary>
[SupportedOSPlatform("linux")]
public sealed class TlsTests : IAsyncLifetime
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly CertificateAuthority authority = new();
    private readonly string folder = Repo.NewFolder("tls");
    private GatewayProcess gateway = null!;

    private string CertificateFile => Path.Combine(folder, "tls.crt");

    private string KeyFile => Path.Combine(folder, "tls.key");

    public async ValueTask InitializeAsync()
    {
        Put(authority.IssueServer());
        gateway = await GatewayProcess.StartAsync("/nonexistent", new Dictionary<string, string?>
        {
            ["ASPNETCORE_URLS"] = "https://127.0.0.1:0",
            ["Tls__CertificateFile"] = CertificateFile,
            ["Tls__KeyFile"] = KeyFile,
        });
    }

    public async ValueTask DisposeAsync()
    {
        await gateway.DisposeAsync();
        authority.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task New_connections_get_the_new_certificate_and_old_ones_live_on()
    {
        var before = CertificateOf(CertificateFile);
        await using var old = await ConnectAsync();
        Assert.Equal(before, SerialOf(old));
        Assert.Equal(200, await AskAsync(old));

        var next = authority.IssueServer();
        Put(next);
        await UntilServedAsync(CertificateOf(next.Certificate));
        Assert.Equal(200, await AskAsync(old));
        Assert.Equal(before, SerialOf(old));
    }

    [Theory]
    [InlineData("a certificate that is none")]
    [InlineData("the key of another certificate")]
    [InlineData("no key")]
    [InlineData("a key that others can read")]
    public async Task Replacement_that_cannot_be_used_changes_nothing_until_it_is_mended(string fault)
    {
        var before = CertificateOf(CertificateFile);
        var next = authority.IssueServer();
        Put(next);
        switch (fault)
        {
            case "a certificate that is none":
                await File.WriteAllTextAsync(CertificateFile, "-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n", TestContext.Current.CancellationToken);
                break;
            case "the key of another certificate":
                File.Copy(authority.IssueServer().Key, KeyFile, overwrite: true);
                break;
            case "no key":
                File.Delete(KeyFile);
                break;
            default:
                File.SetUnixFileMode(KeyFile, OwnerOnly | UnixFileMode.OtherRead);
                break;
        }

        await Wait.UntilAsync(
            async () =>
            {
                Assert.Equal(before, await ServedAsync());
                return gateway.Log.Contains("the old one stays", StringComparison.Ordinal);
            },
            "the fault is told");
        Assert.Equal(before, await ServedAsync());

        Put(next);
        await UntilServedAsync(CertificateOf(next.Certificate));
    }

    [Fact]
    public async Task Pair_that_is_replaced_by_a_link_is_seen()
    {
        // As Kubernetes mounts a secret: the files are links through a folder that is itself a link, which is exchanged.
        var (first, second) = (authority.IssueServer(), authority.IssueServer());
        foreach (var (name, pair) in new[] { ("1", first), ("2", second) })
        {
            Directory.CreateDirectory(Path.Combine(folder, name));
            File.Copy(pair.Certificate, Path.Combine(folder, name, "tls.crt"));
            File.Copy(pair.Key, Path.Combine(folder, name, "tls.key"));
        }

        Directory.CreateSymbolicLink(Path.Combine(folder, "data"), "1");
        File.Delete(CertificateFile);
        File.Delete(KeyFile);
        File.CreateSymbolicLink(CertificateFile, "data/tls.crt");
        File.CreateSymbolicLink(KeyFile, "data/tls.key");
        await UntilServedAsync(CertificateOf(first.Certificate));

        Directory.CreateSymbolicLink(Path.Combine(folder, "next"), "2");
        await ChildProcess.RunAsync("mv", "-T", Path.Combine(folder, "next"), Path.Combine(folder, "data"));
        await UntilServedAsync(CertificateOf(second.Certificate));
    }

    [Fact]
    public async Task Handshake_below_TLS_1_2_is_refused()
    {
        // A ClientHello of TLS 1.1 by hand, since no client offers one any more: version 3.2, 32 random bytes, no session, ECDHE-ECDSA-AES128-SHA, no compression.
        byte[] hello = [3, 2, .. new byte[32], 0, 0, 2, 0xc0, 0x09, 1, 0];
        byte[] record = [22, 3, 1, 0, (byte)(hello.Length + 4), 1, 0, 0, (byte)hello.Length, .. hello];
        var answer = Encoding.Latin1.GetBytes(await RawHttp.ExchangeAsync(gateway.Url, Encoding.Latin1.GetString(record)));
        // An alert (21), fatal (2): protocol_version (70).
        Assert.Equal((21, 2, 70), (answer[0], answer[5], answer[6]));
    }

    [Fact]
    public async Task Clear_text_on_the_TLS_port_gets_no_answer() =>
        Assert.DoesNotContain("200", await RawHttp.ExchangeAsync(gateway.Url, "GET /healthz/live HTTP/1.1\r\nHost: localhost\r\n\r\n"));

    private void Put((string Certificate, string Key) pair)
    {
        foreach (var (from, to) in new[] { (pair.Certificate, CertificateFile), (pair.Key, KeyFile) })
        {
            File.Copy(from, to + ".new", overwrite: true);
            File.Move(to + ".new", to, overwrite: true);
        }
    }

    private Task UntilServedAsync(string serial) => Wait.UntilAsync(async () => await ServedAsync() == serial, "the new certificate is served");

    private async Task<string> ServedAsync()
    {
        await using var connection = await ConnectAsync();
        return SerialOf(connection);
    }

    private async Task<SslStream> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, gateway.Url.Port);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        using var trusted = X509CertificateLoader.LoadCertificateFromFile(authority.CertificateFile);
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { trusted }, RevocationMode = X509RevocationMode.NoCheck },
        });
        return stream;
    }

    private static async Task<int> AskAsync(SslStream connection)
    {
        await connection.WriteAsync("GET /healthz/live HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
        var buffer = new byte[8192];
        var read = 0;
        while (!Encoding.ASCII.GetString(buffer, 0, read).Contains("\r\n0\r\n\r\n", StringComparison.Ordinal))
        {
            read += await connection.ReadAsync(buffer.AsMemory(read)) is var more and > 0 ? more : throw new EndOfStreamException();
        }

        return RawHttp.StatusesIn(Encoding.ASCII.GetString(buffer, 0, read)).Single();
    }

    private static string SerialOf(SslStream connection)
    {
        using var remote = new X509Certificate2(connection.RemoteCertificate!);
        return remote.SerialNumber;
    }

    private static string CertificateOf(string file)
    {
        using var certificate = X509CertificateLoader.LoadCertificateFromFile(file);
        return certificate.SerialNumber;
    }
}
