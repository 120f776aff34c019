using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Auth;

/// <summary>Authentication and the decision on endpoints.</summary>
internal static class AuthExtensions
{
    private static readonly string[] DefaultAlgorithms = ["RS256", "PS256", "ES256"];

    /// <param name="folder">Where the hash of a generated bootstrap key, and what is made over the API, lie by default.</param>
    public static void AddGatewayAuth(this WebApplicationBuilder builder, Func<IServiceProvider, string> folder)
    {
        builder.Services.AddOptions<AuthOptions>().BindConfiguration(AuthOptions.Section).ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<AuthOptions>, AuthOptionsValidator>();
        builder.Services.AddSingleton(services => BootstrapKey.Load(
            services.GetRequiredService<IOptions<AuthOptions>>().Value, builder.Configuration["GATEWAY_BOOTSTRAP_KEY"],
            services.GetRequiredService<IOptions<ClientCertificateOptions>>().Value.IsOn, Path.Join(folder(services), "bootstrap.key.json"), Announce));
        builder.Services.AddSingleton<CurrentAuth>();
        builder.Services.AddSingleton(services => AccessStore.Open(
            services.GetRequiredService<IOptions<AuthOptions>>().Value.AccessFile ?? Path.Join(folder(services), "access.json")));
        builder.AddClientCertificates();
        builder.Services.AddSingleton<ApiKeys>().AddSingleton<ICallers, Callers>();
        builder.Services.AddSingleton<TokenCallers>();
        builder.Services.AddSingleton<KeyUse>().AddHostedService(services => services.GetRequiredService<KeyUse>());
        builder.Services.AddHostedService<EndpointCheck>();
        foreach (var issuer in builder.Configuration.GetSection($"{AuthOptions.Section}:{nameof(AuthOptions.Issuers)}").Get<IssuerEntry[]>() ?? [])
        {
            AddTokens(builder.Services, issuer);
            // A key that an issuer has taken back is not to be trusted for another hour.
            builder.Services.PostConfigure<JwtBearerOptions>(issuer.Name, bearer => ((BaseConfigurationManager?)bearer.ConfigurationManager)?.UseLastKnownGoodConfiguration = false);
        }
    }

    public static void UseGatewayAuth(this WebApplication app) => app.UseMiddleware<AccessMiddleware>();

    private static void AddTokens(IServiceCollection services, IssuerEntry jwt) =>
        services.AddAuthentication().AddJwtBearer(jwt.Name, bearer =>
        {
            bearer.MapInboundClaims = false;
            bearer.Authority = jwt.Authority;
            bearer.RequireHttpsMetadata = jwt.Authority?.StartsWith("https:", StringComparison.OrdinalIgnoreCase) is true;
            bearer.RefreshInterval = TimeSpan.FromMinutes(1);
            bearer.TokenValidationParameters = new TokenValidationParameters
            {
                ValidIssuer = jwt.ValidIssuer,
                ValidAudience = jwt.Audience,
                ValidAlgorithms = jwt.Algorithms.Count > 0 ? jwt.Algorithms : DefaultAlgorithms,
                ValidateIssuer = true,
                ValidateAudience = true,
                ValidateLifetime = true,
                ValidateIssuerSigningKey = true,
                RequireSignedTokens = true,
                RequireExpirationTime = true,
                ClockSkew = TokenCallers.ClockSkew,
                IssuerSigningKeys = jwt.JwksFile is null ? null : new JsonWebKeySet(File.ReadAllText(jwt.JwksFile)).GetSigningKeys(),
            };
        });

    // The one secret that is ever printed: without it nobody could make the first call.
#pragma warning disable RS0030 // To the terminal, not to the log, which is collected and kept.
    private static void Announce(string key) => Console.Out.WriteLine($"bootstrap key (shown once): {key}");
#pragma warning restore RS0030
}
