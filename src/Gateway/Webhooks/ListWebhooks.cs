using Gateway.Auth;
using Gateway.Http;

namespace Gateway.Webhooks;

/// <summary>listWebhooks.</summary>
internal static class ListWebhooks
{
    public static IResult Handle(HttpContext http, [AsParameters] PageRequest page, Caller caller, WebhookAccess access) =>
        Paging.Answer(http, Paging.Slice([.. access.List(caller).Select(webhook => WebhookView.From(webhook))], view => view.Id, page));
}
