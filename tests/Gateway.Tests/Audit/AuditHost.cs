using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Gateway.Audit;
using Gateway.Auth;
using Gateway.Tests.Jobs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Tests.Audit;

/// <summary>The whole gateway in this process, with no containerd behind it: a change that is let through ends with 503.</summary>
internal sealed class AuditHost : IAsyncDisposable
{
    public const string Admin = "gwk_bootstrap_audit0123456789012345678901234567890123456";

    private readonly List<HttpClient> clients = [];

    private AuditHost(WebApplication app, string path) => (App, Path) = (app, path);

    public WebApplication App { get; }

    /// <summary>The audit's file.</summary>
    public string Path { get; }

    public IReadOnlyList<AuditRecord> Records =>
        [.. AuditTrial.LinesOf(Path).Select(line => AuditLine.Read(System.Text.Encoding.UTF8.GetBytes(line)))];

    /// <param name="folder">Where the store and the audit are.</param>
    /// <param name="keys">API keys: the id, the permission and the namespace of each; who may delete images may read the audit too.</param>
    public static async Task<AuditHost> StartAsync(TempFolder folder, params (string Id, string Hash, string Permission, string Namespace)[] keys)
    {
        var app = GatewayApp.Build(
        [
            "--Urls=http://127.0.0.1:0", "--Management:Urls=http://127.0.0.1:0", $"--Jobs:Database={folder.Database}", "--Containerd:Address=/nonexistent",
            $"--GATEWAY_BOOTSTRAP_KEY={Admin}", "--Logging:LogLevel:Default=None",
            .. keys.SelectMany((key, i) => new[]
            {
                $"--Auth:ApiKeys:{i}:Id={key.Id}", $"--Auth:ApiKeys:{i}:Sha256={key.Hash}",
                $"--Auth:ApiKeys:{i}:Grants:0:Permissions:0={key.Permission}", $"--Auth:ApiKeys:{i}:Grants:0:Permissions:1={(key.Permission == Permission.ImagesDelete ? Permission.AuditRead : key.Permission)}",
                $"--Auth:ApiKeys:{i}:Grants:0:Namespaces:0={key.Namespace}",
            }),
        ]);
        await app.StartAsync(TestClock.Limit());
        return new AuditHost(app, folder.File("audit.jsonl"));
    }

    public HttpClient Client(string? key = Admin)
    {
        var client = new HttpClient { BaseAddress = new Uri(App.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()) };
        client.DefaultRequestHeaders.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        clients.Add(client);
        return client;
    }

    /// <summary>Sends a request; here each fails, so its answer leaves after its result is recorded.</summary>
    public static async Task<HttpResponseMessage> ChangeAsync(HttpClient client, HttpMethod method, string path, HttpContent? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        return await client.SendAsync(request, TestClock.Limit());
    }

    public static async Task<JsonArray> ListAsync(HttpClient client, string query = "") =>
        (await client.GetFromJsonAsync<JsonObject>("/v1/audit" + query, TestClock.Limit()))!["items"]!.AsArray();

    public async ValueTask DisposeAsync()
    {
        clients.ForEach(client => client.Dispose());
        await App.StopAsync(TestClock.Limit());
        await App.DisposeAsync();
    }
}
