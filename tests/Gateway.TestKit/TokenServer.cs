using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.TestKit;

/// <summary>Issues the tokens docker-registry's token authentication wants, to one user.</summary>
public sealed class TokenServer : IAsyncDisposable
{
    public const string Service = "test-registry";
    private readonly WebApplication app;
    private readonly RSA key = RSA.Create(2048);
    private readonly X509Certificate2 certificate;
    private readonly string folder = Repo.NewFolder("token");
    private readonly string password;

    private TokenServer(WebApplication app, string password)
    {
        (this.app, this.password) = (app, password);
        certificate = new CertificateRequest("CN=token", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(Path.Combine(folder, "root.pem"), certificate.ExportCertificatePem());
    }

    /// <summary>How each token was asked for.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>The registry's configuration.</summary>
    public string RegistryConfiguration =>
        $"""
        auth:
          token:
            realm: {app.Urls.First()}/token
            service: {Service}
            issuer: test
            rootcertbundle: {folder}/root.pem
        """;

    public static async Task<TokenServer> StartAsync(string password)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new TokenServer(builder.Build(), password);
        server.app.MapGet("/token", server.Get);
        server.app.MapPost("/token", (Delegate)server.PostAsync);
        await server.app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        key.Dispose();
        certificate.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>A token for scopes with blanks between; as it is good for a push past the gateway.</summary>
    public string Token(string scope)
    {
        var scopes = scope.Split(' ').Select(one => one.Split(':'));
        var header = JsonSerializer.SerializeToUtf8Bytes(new { typ = "JWT", alg = "RS256", x5c = new[] { Convert.ToBase64String(certificate.RawData) } });
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var claims = JsonSerializer.SerializeToUtf8Bytes(new
        {
            iss = "test",
            sub = "user",
            aud = Service,
            exp = now + 300,
            nbf = now - 10,
            iat = now,
            jti = Guid.NewGuid(),
            access = scopes.Select(parts => new { type = parts[0], name = parts[1], actions = parts[2].Split(',') }),
        });
        var text = $"{Base64Url.EncodeToString(header)}.{Base64Url.EncodeToString(claims)}";
        return $"{text}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    private IResult Get(HttpContext http, string scope)
    {
        var authorization = http.Request.Headers.Authorization.ToString();
        Asked.Enqueue($"GET {authorization}");
        return authorization == "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"user:{password}"))
            ? Results.Json(new { token = Token(scope), expires_in = 300 })
            : Results.Unauthorized();
    }

    private async Task<IResult> PostAsync(HttpContext http)
    {
        var form = await http.Request.ReadFormAsync();
        Asked.Enqueue($"POST {form["grant_type"]}");
        return form["username"] == "user" && form["password"] == password
            ? Results.Json(new { access_token = Token(form["scope"]!), expires_in = 300 })
            : Results.Unauthorized();
    }
}
