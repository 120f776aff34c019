using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gateway.Http;
using Gateway.Images.Pull;
using Gateway.Oci;

namespace Gateway.Images;

/// <summary>Registry credentials on their way through a job, which seals what <see cref="Write"/> gives and erases it at its end.</summary>
internal static class JobCredentials
{
    // Two requests with different credentials are different work, and a plain hash of a password in the store could be guessed at. The
    // key lives as long as the process: after a restart a request starts a job of its own, which finds the other's blobs.
    private static readonly byte[] IdentityKey = RandomNumberGenerator.GetBytes(32);

    /// <summary>The job's secret; null where there are no credentials.</summary>
    public static Secret? Write(RegistryAuth? auth) => auth is null ? null : new Secret(JsonSerializer.Serialize(
        new { auth.Username, Password = auth.Password?.Reveal(), IdentityToken = auth.IdentityToken?.Reveal(), RegistryToken = auth.RegistryToken?.Reveal() }, GatewayJson.Options));

    /// <summary>Stands for the credentials in a work key without telling them.</summary>
    public static string IdentityOf(Secret? secret) =>
        secret is null ? "" : Convert.ToHexStringLower(HMACSHA256.HashData(IdentityKey, Encoding.UTF8.GetBytes(secret.Reveal())));

    public static RegistryCredentials? Read(Secret? secret) =>
        secret is null ? null : JsonSerializer.Deserialize<RegistryAuth>(secret.Reveal(), GatewayJson.Options)!.ToCredentials();
}
