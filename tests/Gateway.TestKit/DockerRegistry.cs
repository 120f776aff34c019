using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

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
        var host = $"127.0.0.1:{FreePort()}";
        var tls = certificate is { } files ? $"\n  tls:\n    certificate: {files.Certificate}\n    key: {files.Key}" : "";
        await File.WriteAllTextAsync(Path.Combine(folder, "config.yml"),
            $"""
            version: 0.1
            log:
              level: error
            storage:
              filesystem:
                rootdirectory: {folder}/data
            http:
              addr: {host}{tls}
            {auth}
            """);
        var process = ChildProcess.Start("docker-registry", ["serve", Path.Combine(folder, "config.yml")]);
        var registry = new DockerRegistry([folder, .. alsoDelete is null ? (string[])[] : [alsoDelete]], process, host, tls.Length > 0);
        await Wait.UntilAsync(async () =>
        {
            try
            {
                return process.HasExited ? throw new InvalidOperationException(process.Log) : (int)(await registry.Client.GetAsync("v2/")).StatusCode < 500;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, "docker-registry serves");
        return registry;
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
    public static Task<DockerRegistry> StartWithTokensAsync(TokenServer tokens) => StartAsync(
        $"auth:\n  token:\n    realm: {tokens.Realm}\n    service: {TokenServer.Service}\n    issuer: {TokenServer.Issuer}\n    rootcertbundle: {tokens.CertificateFile}");

    /// <summary>Stores the image; gives its reference.</summary>
    public async Task<string> PushAsync(string repository, TestImage image, AuthenticationHeaderValue? authorization = null)
    {
        Client.DefaultRequestHeaders.Authorization = authorization;
        var (path, tag) = repository.Split(':') is [var name, var named] ? (name, named) : (repository, "latest");
        foreach (var (digest, bytes) in image.Blobs)
        {
            using var opened = await Client.PostAsync($"v2/{path}/blobs/uploads/", null);
            opened.EnsureSuccessStatusCode();
            var location = opened.Headers.Location!.ToString();
            using var put = await Client.PutAsync($"{location}{(location.Contains('?') ? '&' : '?')}digest={digest}", new ByteArrayContent(bytes));
            put.EnsureSuccessStatusCode();
        }

        foreach (var (digest, manifest) in image.Manifests.OrderBy(pair => pair.Key == image.Digest))
        {
            using var content = new ByteArrayContent(manifest.Bytes);
            content.Headers.ContentType = new MediaTypeHeaderValue(manifest.MediaType);
            using var put = await Client.PutAsync($"v2/{path}/manifests/{(digest == image.Digest ? tag : digest)}", content);
            put.EnsureSuccessStatusCode();
        }

        return $"{Host}/{path}:{tag}";
    }

    public async ValueTask DisposeAsync()
    {
        await process.DisposeAsync();
        Client.Dispose();
        foreach (var folder in folders)
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
