using Gateway.Auth;
using Gateway.Http;

namespace Gateway.Webhooks;

/// <summary>deleteWebhook.</summary>
internal static class DeleteWebhook
{
    public static async Task<IResult> Handle(HttpContext http, string webhook, Caller caller, WebhookAccess access, WebhookStore store, CancellationToken cancel)
    {
        var found = access.Find(webhook, caller);
        Resource.RequireMatch(http, WebhookView.From(found));
        return await store.DeleteAsync(found.Id, cancel) ? TypedResults.NoContent() : throw WebhookAccess.NotFound();
    }
}
