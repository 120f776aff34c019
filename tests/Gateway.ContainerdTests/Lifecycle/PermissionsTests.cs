using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Lifecycle;

/// <summary>Each operation asks for its own permission, before anything is looked up: there is no containerd here to be asked.</summary>
public sealed class PermissionsTests
{
    private static readonly string[] All = ["images:read", "images:pull", "images:write", "images:delete"];

    [Theory]
    [InlineData("POST", "tag", "images:write")]
    [InlineData("POST", "resolve", "images:pull")]
    [InlineData("POST", "prune", "images:delete")]
    [InlineData("PATCH", "acme/app:1", "images:write")]
    [InlineData("DELETE", "acme/app:1", "images:delete")]
    [InlineData("GET", "acme%2Fapp:1/manifest", "images:read")]
    [InlineData("HEAD", "acme%2Fapp:1/manifest", "images:read")]
    [InlineData("GET", "acme%2Fapp:1/config", "images:read")]
    [InlineData("HEAD", "acme%2Fapp:1/config", "images:read")]
    public async Task Operation_is_forbidden_with_every_other_permission(string method, string path, string permission)
    {
        var secret = Canary.New()[..43];
        var settings = new Dictionary<string, string?>();
        Grant(0, "others", [.. All.Except([permission])]);
        Grant(1, "own", [permission]);
        await using var gateway = await GatewayProcess.StartAsync("/nonexistent", settings);

        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync("others", "team-a"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync("own", "team-b"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync("nobody", "team-a"));
        Assert.False(await StatusAsync("own", "team-a") is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized);

        async Task<HttpStatusCode> StatusAsync(string key, string ns)
        {
            using var api = new GatewayApi(gateway.Url, $"gwk_{key}_{secret}");
            using var body = method is "POST" or "PATCH" ? JsonContent.Create(new { }) : null;
            return (await api.SendAsync(new HttpMethod(method), $"/v1/namespaces/{ns}/images/{path}", body)).Status;
        }

        void Grant(int i, string id, string[] permissions)
        {
            settings[$"Auth__ApiKeys__{i}__Id"] = id;
            settings[$"Auth__ApiKeys__{i}__Sha256"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
            settings[$"Auth__ApiKeys__{i}__Grants__0__Namespaces__0"] = "team-a";
            for (var p = 0; p < permissions.Length; p++)
            {
                settings[$"Auth__ApiKeys__{i}__Grants__0__Permissions__{p}"] = permissions[p];
            }
        }
    }
}
