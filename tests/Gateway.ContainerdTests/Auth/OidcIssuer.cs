using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Gateway.ContainerdTests.Auth;

/// <summary>A real OpenID Connect issuer: discovery, key set and tokens are OpenIddict's. A client gets a token for its own name.</summary>
internal sealed class OidcIssuer : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly RSA key;

    private OidcIssuer(WebApplication app, RSA key) => (this.app, this.key) = (app, key);

    public string Url => app.Urls.First();

    /// <param name="audience">Whom its tokens are for.</param>
    /// <param name="port">Where one was before it, as after its keys have changed.</param>
    public static async Task<OidcIssuer> StartAsync(string audience, int port = 0)
    {
        var key = RSA.Create(2048);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.Services.AddOpenIddict().AddServer(server =>
        {
            server.SetTokenEndpointUris("connect/token").AllowClientCredentialsFlow();
            server.EnableDegradedMode().DisableAccessTokenEncryption();
            server.AddSigningKey(new RsaSecurityKey(key) { KeyId = Guid.NewGuid().ToString("N") });
            server.AddEncryptionKey(new SymmetricSecurityKey(RandomNumberGenerator.GetBytes(32)));
            server.UseAspNetCore().DisableTransportSecurityRequirement();
            server.AddEventHandler<ValidateTokenRequestContext>(handler => handler.UseInlineHandler(_ => default));
            server.AddEventHandler<HandleTokenRequestContext>(handler => handler.UseInlineHandler(context =>
            {
                var identity = new ClaimsIdentity("client");
                identity.SetClaim(OpenIddictConstants.Claims.Subject, context.Request.ClientId).AddClaim(new Claim("groups", "crew"));
                identity.SetResources(audience).SetDestinations(_ => [OpenIddictConstants.Destinations.AccessToken]);
                context.SignIn(new ClaimsPrincipal(identity));
                return default;
            }));
        });
        var issuer = new OidcIssuer(builder.Build(), key);
        await issuer.app.StartAsync();
        return issuer;
    }

    public async Task<string> TokenAsync(string client)
    {
        using var http = new HttpClient();
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "client_credentials", ["client_id"] = client, ["client_secret"] = "any" });
        using var answer = await http.PostAsync(new Uri(Url + "/connect/token"), form);
        var text = await answer.Content.ReadAsStringAsync();
        return (string?)JsonNode.Parse(text)!["access_token"] ?? throw new InvalidOperationException(text);
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        key.Dispose();
    }
}
