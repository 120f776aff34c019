using System.Security.Cryptography;
using System.Text;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Tenancy;

/// <summary>A daemon that keeps namespaces apart, and callers that each have one.</summary>
internal static class Tenants
{
    /// <summary>The part of containerd's configuration that parts namespaces.</summary>
    public const string Isolated =
        """
        [plugins."io.containerd.metadata.v1.bolt"]
          content_sharing_policy = "isolated"
        """;

    private const string Secret = $"{Canary.Mark}tenants012345678901234567890123";

    public static string KeyOf(string tenant) => $"gwk_{tenant}_{Secret}";

    /// <summary>Settings by which each may do what is named in the namespace of the same name, and nothing elsewhere.</summary>
    public static Dictionary<string, string?> Settings(string[] permissions, params string[] tenants)
    {
        var settings = new Dictionary<string, string?>();
        for (var i = 0; i < tenants.Length; i++)
        {
            settings[$"Auth__ApiKeys__{i}__Id"] = tenants[i];
            settings[$"Auth__ApiKeys__{i}__Sha256"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Secret)));
            settings[$"Auth__ApiKeys__{i}__Grants__0__Namespaces__0"] = tenants[i];
            for (var p = 0; p < permissions.Length; p++)
            {
                settings[$"Auth__ApiKeys__{i}__Grants__0__Permissions__{p}"] = permissions[p];
            }
        }

        return settings;
    }

    public static GatewayApi As(this GatewayProcess gateway, string tenant) => new(gateway.Url, KeyOf(tenant));
}
