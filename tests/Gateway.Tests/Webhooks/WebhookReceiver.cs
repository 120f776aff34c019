using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Webhooks;

/// <summary>What came, with the headers of the specification.</summary>
internal sealed record ReceivedMessage(string Path, string Id, long Timestamp, string Signature, string Body);

/// <summary>A portal that is sent messages, and answers as the test says.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly WebApplication app;

    private WebhookReceiver(WebApplication app) => this.app = app;

    public ConcurrentQueue<ReceivedMessage> Messages { get; } = new();

    /// <summary>Status to answer a message with.</summary>
    public Func<ReceivedMessage, HttpContext, Task<int>> OnMessage { get; set; } = (_, _) => Task.FromResult(204);

    public string Url => $"{app.Urls.First()}/hook";

    public static async Task<WebhookReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var built = builder.Build();
        var receiver = new WebhookReceiver(built);
        built.Run(receiver.TakeAsync);
        await built.StartAsync();
        return receiver;
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private async Task TakeAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var headers = http.Request.Headers;
        var message = new ReceivedMessage(
            http.Request.Path, headers["webhook-id"].ToString(), long.Parse(headers["webhook-timestamp"].ToString(), System.Globalization.CultureInfo.InvariantCulture),
            headers["webhook-signature"].ToString(), await reader.ReadToEndAsync(http.RequestAborted));
        Messages.Enqueue(message);
        http.Response.StatusCode = await OnMessage(message, http);
    }
}
