using System.Security.Cryptography;
using System.Text;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Auth;

/// <summary>
/// A gateway that takes API keys and tokens, with no containerd behind it: who is let through learns 503, so an answer of 401 or 403 was given before
/// containerd was asked.
/// </summary>
public sealed class GuardedGateway : IAsyncLifetime
{
    /// <summary>43 characters, as 256 random bits have in base64url.</summary>
    public const string Secret = $"{Canary.Mark}sYVtYq3o0m1Jm8T9sL5xk4Hc6RrB0aE";

    private string folder = "";

    internal TokenForge Forge { get; } = new();

    public GatewayProcess Gateway { get; private set; } = null!;

    public static string HashOf(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    public GatewayApi With(string? credential) => new(Gateway.Url, credential);

    public async ValueTask InitializeAsync()
    {
        folder = Repo.NewFolder("auth");
        var keySet = Path.Combine(folder, "jwks.json");
        await File.WriteAllTextAsync(keySet, Forge.KeySet);
        Gateway = await GatewayProcess.StartAsync("/nonexistent", new Dictionary<string, string?>
        {
            ["Auth__Issuers__0__Issuer"] = TokenForge.Issuer,
            ["Auth__Issuers__0__Audience"] = TokenForge.Audience,
            ["Auth__Issuers__0__JwksFile"] = keySet,
            ["Auth__Issuers__0__Grants__0__Subject"] = "alice",
            ["Auth__Issuers__0__Grants__0__Permissions__0"] = "images:read",
            ["Auth__Issuers__0__Grants__0__Namespaces__0"] = "team-a",
            ["Auth__Issuers__0__Grants__1__Group"] = "ops",
            ["Auth__Issuers__0__Grants__1__Permissions__0"] = "images:delete",
            ["Auth__Issuers__0__Grants__1__Namespaces__0"] = "team-*",
            ["Auth__ApiKeys__0__Id"] = "reader",
            ["Auth__ApiKeys__0__Sha256"] = HashOf(Secret),
            ["Auth__ApiKeys__0__Grants__0__Permissions__0"] = "images:read",
            ["Auth__ApiKeys__0__Grants__0__Namespaces__0"] = "team-*",
            ["Auth__ApiKeys__1__Id"] = "expired",
            ["Auth__ApiKeys__1__Sha256"] = HashOf(Secret),
            ["Auth__ApiKeys__1__ExpiresAt"] = "2020-01-01T00:00:00Z",
            ["Auth__ApiKeys__1__Grants__0__Permissions__0"] = "admin",
            ["Auth__ApiKeys__1__Grants__0__Namespaces__0"] = "*",
        });
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        Forge.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
