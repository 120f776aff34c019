using Gateway.Auth;
using Gateway.Http;

namespace Gateway.Webhooks;

/// <summary>getWebhook.</summary>
internal static class GetWebhook
{
    public static IResult Handle(HttpContext http, string webhook, Caller caller, WebhookAccess access) =>
        Resource.Ok(http, WebhookView.From(access.Find(webhook, caller)));
}
