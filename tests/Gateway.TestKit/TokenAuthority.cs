using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.TestKit;

/// <summary>A request for a token, as it came.</summary>
public sealed record TokenRequest(string Method, string Service, IReadOnlyList<string> Scopes, string? User, string? GrantType, bool Granted);

/// <summary>
/// Issues the tokens that a docker-registry asks for ("token authentication" and "OAuth2 token authentication" of distribution): GET with
/// Basic, and POST with a password or a refresh token. An anonymous caller may pull what <see cref="AnonymousPull"/> allows.
/// </summary>
public sealed class TokenAuthority : IAsyncDisposable
{
    public const string Service = "gateway-tests";
    public const string Issuer = "gateway-tests-issuer";

    private readonly WebApplication app;
    private readonly TokenSigner signer;

    private TokenAuthority(WebApplication app, TokenSigner signer) => (this.app, this.signer) = (app, signer);

    public ConcurrentDictionary<string, string> Users { get; } = new() { ["tester"] = Canary.New() };

    public ConcurrentQueue<TokenRequest> Seen { get; } = new();

    public bool AnonymousPull { get; set; }

    /// <summary>False answers 404 to POST, as servers do that know the older flow alone.</summary>
    public bool AllowsPost { get; set; } = true;

    /// <summary>How long a token is good; sent as <c>expires_in</c>, in seconds.</summary>
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>A password's stand-in for the POST flow with <c>grant_type=refresh_token</c>.</summary>
    public string RefreshToken { get; } = Canary.New();

    public string Realm => $"{app.Urls.First()}/token";

    /// <summary>The certificate whose key signs, PEM, for <c>rootcertbundle</c>.</summary>
    public string CertificateFile => signer.CertificateFile;

    public static async Task<TokenAuthority> StartAsync(bool rsa = false)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new TokenAuthority(builder.Build(), new TokenSigner(rsa));
        server.app.MapGet("/token", server.GetAsync);
        server.app.MapPost("/token", server.PostAsync);
        await server.app.StartAsync();
        return server;
    }

    /// <summary>A token for the scopes, past every check: with it a test pushes.</summary>
    public string Issue(params string[] scopes) => signer.Sign(Issuer, Service, "tester", Lifetime, scopes);

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        signer.Dispose();
    }

    private Task GetAsync(HttpContext http)
    {
        var query = http.Request.Query;
        var (user, password) = Basic(http.Request.Headers.Authorization.ToString());
        return AnswerAsync(http, query["service"].ToString(), [.. query["scope"].Select(scope => scope!)], user, password, grantType: null);
    }

    private async Task PostAsync(HttpContext http)
    {
        var form = await http.Request.ReadFormAsync();
        var grantType = form["grant_type"].ToString();
        var (user, password) = grantType is "refresh_token" && form["refresh_token"] == RefreshToken
            ? ("tester", Users["tester"])
            : (form["username"].ToString(), (string?)form["password"].ToString());
        await AnswerAsync(http, form["service"].ToString(), form["scope"].ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries), user, password, grantType);
    }

    private async Task AnswerAsync(HttpContext http, string service, string[] scopes, string? user, string? password, string? grantType)
    {
        var known = user is not null && Users.TryGetValue(user, out var secret) && secret == password;
        var granted = service == Service && (known || (user is null && AnonymousPull && scopes.All(scope => scope.EndsWith(":pull", StringComparison.Ordinal))));
        Seen.Enqueue(new TokenRequest(http.Request.Method, service, scopes, user, grantType, granted));
        if (grantType is not null && !AllowsPost)
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        http.Response.StatusCode = granted ? StatusCodes.Status200OK : StatusCodes.Status401Unauthorized;
        var token = granted ? signer.Sign(Issuer, Service, user ?? "", Lifetime, scopes) : null;
        var name = grantType is null ? "token" : "access_token"; // each flow's own name
        var body = granted ? new JsonObject { [name] = token, ["expires_in"] = (int)Lifetime.TotalSeconds } : new JsonObject { ["details"] = "who are you?" };
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(body.ToJsonString());
    }

    private static (string? User, string? Password) Basic(string header)
    {
        if (!header.StartsWith("Basic ", StringComparison.Ordinal))
        {
            return (null, null);
        }

        var pair = Encoding.UTF8.GetString(Convert.FromBase64String(header[6..])).Split(':', 2);
        return (pair[0], pair[1]);
    }
}
