using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Oci.Registry;

/// <summary>A request as the server saw it.</summary>
internal sealed record SeenRequest(string Method, string PathAndQuery, IReadOnlyDictionary<string, string> Headers, string Body, string? ClientSubject)
{
    public string? Authorization => Headers.GetValueOrDefault("Authorization");

    /// <summary>All of it as one text, to look for canaries.</summary>
    public string Everything => $"{Method} {PathAndQuery}\n{string.Join('\n', Headers)}\n{Body}";
}

/// <summary>A Kestrel on a free loopback port that answers as the test says and remembers what it was asked.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    /// <summary>Where a script finds the body that was read.</summary>
    public const string BodyItem = "body";

    private readonly WebApplication app;
    private readonly ConcurrentQueue<SeenRequest> seen = new();

    private ScriptedServer(WebApplication app) => this.app = app;

    public RequestDelegate Script { get; set; } = context => { context.Response.StatusCode = 404; return Task.CompletedTask; };

    /// <summary>Sees a request before its body is read; gives true when it has dealt with it.</summary>
    public Func<HttpContext, Task<bool>>? BeforeBody { get; set; }

    public IReadOnlyList<SeenRequest> Seen => [.. seen];

    public int Port => new Uri(app.Urls.Single()).Port;

    public string Authority => $"127.0.0.1:{Port}";

    public string Url => app.Urls.Single();

    public static async Task<ScriptedServer> StartAsync(RequestDelegate? script = null, Action<HttpsConnectionAdapterOptions>? https = null)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            if (https is not null)
            {
                listen.UseHttps(https);
            }
        }));
        var server = new ScriptedServer(builder.Build());
        server.Script = script ?? server.Script;
        server.app.Run(server.AnswerAsync);
        await server.app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (BeforeBody is { } early && await early(context))
        {
            return;
        }

        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync();
        context.Items[BodyItem] = body;
        var headers = context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        seen.Enqueue(new SeenRequest(
            context.Request.Method, context.Request.GetEncodedPathAndQuery(), headers, body, context.Connection.ClientCertificate?.Subject));
        await Script(context);
    }
}
