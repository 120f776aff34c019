using Gateway.Auth;
using Gateway.Http;

namespace Gateway.Webhooks;

/// <summary>resumeWebhook.</summary>
internal static class ResumeWebhook
{
    public static async Task<IResult> Handle(HttpContext http, string webhook, Caller caller, WebhookAccess access, WebhookStore store, CancellationToken cancel)
    {
        await store.ResumeAsync(access.FindToSend(webhook, caller).Id, cancel);
        return Resource.Ok(http, WebhookView.From(access.Find(webhook, caller)));
    }
}
