using Gateway.Auth;
using Gateway.Http;

namespace Gateway.Webhooks;

/// <summary>listWebhookDeliveries.</summary>
internal static class ListWebhookDeliveries
{
    public static IResult Handle(HttpContext http, string webhook, [AsParameters] PageRequest page, Caller caller, WebhookAccess access, WebhookStore store)
    {
        var size = page.Size();
        var found = store.Deliveries(access.Find(webhook, caller).Id, page.After(), size + 1);
        return Paging.Answer(http, new Page<DeliveryView>(
            [.. found.Take(size).Select(DeliveryView.From)], found.Count > size ? Paging.Seal(found[size - 1].Id) : null));
    }
}
