using System.Text.Json.Serialization;
using Gateway.Jobs;

namespace Gateway.Webhooks;

/// <summary>A receiver of messages.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Url">Where messages are sent.</param>
/// <param name="Events">What it is told of.</param>
/// <param name="Namespace">Whose jobs; absent: those of every namespace.</param>
/// <param name="CreatedBy">Subject of the caller who made it.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="PausedAt">Since when nothing is sent; absent while it is in use.</param>
/// <param name="PauseReason">Why nothing is sent.</param>
/// <param name="Secret">Signs the messages. Shown once, in the answer that makes it.</param>
internal sealed record WebhookView(
    string Id, string Url, IReadOnlyList<string> Events, string? Namespace, string CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset? PausedAt,
    string? PauseReason, string? Secret)
{
    public static WebhookView From(Webhook webhook, string? secret = null) => new(
        webhook.Id, webhook.Url, webhook.Events, webhook.Namespace, webhook.Subject, webhook.CreatedAt, webhook.PausedAt, webhook.PauseReason, secret);
}

/// <summary>Where a message stands.</summary>
[JsonConverter(typeof(WireEnum<DeliveryState>))]
internal enum DeliveryState
{
    Waiting,
    Delivered,
    Failed,
}

/// <summary>A message.</summary>
/// <param name="Id">Its `webhook-id`, the same in each attempt.</param>
/// <param name="Event">What it tells of.</param>
/// <param name="JobId">The job.</param>
/// <param name="State">`failed` once it was tried for a day.</param>
/// <param name="Attempts">How often it was sent.</param>
/// <param name="CreatedAt">When the job ended.</param>
/// <param name="LastAttemptAt">When it was sent last.</param>
/// <param name="NextAttemptAt">When it is due.</param>
/// <param name="DeliveredAt">When the receiver took it.</param>
/// <param name="Status">What the receiver answered last.</param>
/// <param name="Error">What was wrong with the last attempt.</param>
internal sealed record DeliveryView(
    string Id, string Event, string JobId, DeliveryState State, int Attempts, DateTimeOffset CreatedAt, DateTimeOffset? LastAttemptAt,
    DateTimeOffset? NextAttemptAt, DateTimeOffset? DeliveredAt, int? Status, string? Error)
{
    public static DeliveryView From(Delivery delivery) => new(
        delivery.Id, delivery.Event, delivery.JobId,
        delivery.NextAttemptAt is not null ? DeliveryState.Waiting : delivery.DeliveredAt is not null ? DeliveryState.Delivered : DeliveryState.Failed,
        delivery.Attempts, delivery.CreatedAt, delivery.LastAttemptAt, delivery.NextAttemptAt, delivery.DeliveredAt, delivery.Status, delivery.Error);
}
