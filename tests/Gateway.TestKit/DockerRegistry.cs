using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Gateway.TestKit;

/// <summary>The real docker-registry on a free loopback port.</summary>
public sealed class DockerRegistry : IAsyncDisposable
{
    private readonly string[] folders;
    private readonly ChildProcess process;

    private DockerRegistry(string[] folders, ChildProcess process, string host, bool tls)
    {
        (this.folders, this.process, Host) = (folders, process, host);
        Client = new HttpClient(new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, _, _, _) => true })
        {
            BaseAddress = new Uri($"{(tls ? "https" : "http")}://{host}/"),
        };
    }

    public string Host { get; }

    public string Log => process.Log;

    /// <summary>Speaks to the registry past the gateway.</summary>
    public HttpClient Client { get; }

    /// <param name="auth">The <c>auth:</c> part of the registry's configuration.</param>
    /// <param name="certificate">Certificate and key files for TLS.</param>
    /// <param name="alsoDelete">A folder that goes when the registry goes.</param>
    public static async Task<DockerRegistry> StartAsync(string auth = "", (string Certificate, string Key)? certificate = null, string? alsoDelete = null)
    {
        var folder = Repo.NewFolder("registry");
        var tls = certificate is { } files ? $"\n  tls:\n    certificate: {files.Certificate}\n    key: {files.Key}" : "";
        await File.WriteAllTextAsync(Path.Combine(folder, "config.yml"),
            $"""
            version: 0.1
            log:
              level: info
              accesslog:
                disabled: true
            storage:
              filesystem:
                rootdirectory: {folder}/data
            http:
              addr: 127.0.0.1:0{tls}
            {auth}
            """);
        var process = ChildProcess.Start("docker-registry", ["serve", Path.Combine(folder, "config.yml")]);
        await Wait.UntilAsync(() => ListensOn(process.Log) is not null || process.HasExited, "docker-registry listens");
        return ListensOn(process.Log) is { } host
            ? new DockerRegistry([folder, .. alsoDelete is null ? (string[])[] : [alsoDelete]], process, host, tls.Length > 0)
            : throw new InvalidOperationException(process.Log);
    }

    /// <summary>Asks for a user and a password.</summary>
    public static async Task<DockerRegistry> StartWithBasicAsync(string user, string password)
    {
        var file = Path.Combine(Repo.NewFolder("htpasswd"), "htpasswd");
        // Debian's perl is always there, and its crypt knows bcrypt, the only hash that docker-registry takes.
        var hash = await ChildProcess.RunAsync("perl", "-e", "print crypt($ARGV[0], q($2y$05$gatewaytestsgatewaytee))", password);
        await File.WriteAllTextAsync(file, $"{user}:{hash}\n");
        return await StartAsync($"auth:\n  htpasswd:\n    realm: tests\n    path: {file}", alsoDelete: Path.GetDirectoryName(file));
    }

    /// <summary>Speaks TLS with a certificate of the authority.</summary>
    public static Task<DockerRegistry> StartWithTlsAsync(CertificateAuthority authority) => StartAsync(certificate: authority.IssueServer());

    /// <summary>Asks for a token of the server.</summary>
    public static Task<DockerRegistry> StartWithTokensAsync(TokenAuthority tokens) => StartAsync(
        $"auth:\n  token:\n    realm: {tokens.Realm}\n    service: {TokenAuthority.Service}\n    issuer: {TokenAuthority.Issuer}\n    rootcertbundle: {tokens.CertificateFile}");

    /// <summary>Stores the image; gives its reference.</summary>
    public Task<string> PushAsync(string repository, TestImage image, AuthenticationHeaderValue? authorization = null) => RegistryPush.PushAsync(
        Client, Host, repository, image.Blobs.Select(blob => (blob.Key, (Func<HttpContent>)(() => new ByteArrayContent(blob.Value)))),
        image.Manifests.Select(manifest => (manifest.Key, manifest.Value.MediaType, manifest.Value.Bytes)), image.Digest, authorization);

    /// <summary>Stores the image from its files; gives its reference.</summary>
    public Task<string> PushAsync(string repository, BulkImage image) => RegistryPush.PushAsync(
        Client, Host, repository, image.Files.Select(file => (file.Digest, (Func<HttpContent>)(() => new StreamContent(File.OpenRead(file.Path))))),
        [(image.Digest, BulkImage.MediaType, image.Manifest)], image.Digest, authorization: null);

    public async ValueTask DisposeAsync()
    {
        await process.DisposeAsync();
        Client.Dispose();
        foreach (var folder in folders)
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string? ListensOn(string log) => Regex.Match(log, @"listening on (127\.0\.0\.1:[0-9]+)") is { Success: true } found ? found.Groups[1].Value : null;

    /// <summary>A port nobody listens on at this moment: for a registry that is not there.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
