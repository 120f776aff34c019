using Gateway.Auth;
using Gateway.Http;

namespace Gateway.Webhooks;

/// <summary>redeliverWebhook.</summary>
internal static class RedeliverWebhook
{
    public static async Task<IResult> Handle(string webhook, string delivery, Caller caller, WebhookAccess access, WebhookStore store, CancellationToken cancel) =>
        await store.RedeliverAsync(access.FindToSend(webhook, caller).Id, delivery, cancel) is { } again
            ? TypedResults.Json(DeliveryView.From(again), GatewayJson.Options, statusCode: StatusCodes.Status202Accepted)
            : throw new ProblemException(ProblemKinds.NotFound, "the webhook has no such delivery");
}
