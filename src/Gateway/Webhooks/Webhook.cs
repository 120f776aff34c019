using System.Text.Json;
using Gateway.Jobs;

namespace Gateway.Webhooks;

/// <summary>A receiver as it is stored.</summary>
/// <param name="Secret">Sealed by the store's key.</param>
internal sealed record Webhook(
    string Id, string Subject, string? Namespace, string Url, IReadOnlyList<string> Events, byte[] Secret, DateTimeOffset CreatedAt,
    DateTimeOffset? PausedAt, string? PauseReason);

/// <summary>A message as it is stored.</summary>
internal sealed record Delivery(
    string Id, string WebhookId, string Event, string JobId, string Payload, DateTimeOffset CreatedAt, int Attempts, DateTimeOffset? LastAttemptAt,
    DateTimeOffset? NextAttemptAt, DateTimeOffset? DeliveredAt, int? Status, string? Error);

/// <summary>A row of <c>webhooks</c> as Dapper reads it; times are milliseconds.</summary>
internal sealed class WebhookRow
{
    public const string Columns =
        """
        id AS Id, subject AS Subject, namespace AS Namespace, url AS Url, events AS Events, secret AS Secret, created_at AS CreatedAt,
        paused_at AS PausedAt, pause_reason AS PauseReason
        """;

    public string Id { get; init; } = "";

    public string Subject { get; init; } = "";

    public string? Namespace { get; init; }

    public string Url { get; init; } = "";

    public string Events { get; init; } = "";

    public byte[] Secret { get; init; } = [];

    public long CreatedAt { get; init; }

    public long? PausedAt { get; init; }

    public string? PauseReason { get; init; }

    public Webhook ToWebhook() => new(
        Id, Subject, Namespace, Url, JsonSerializer.Deserialize<string[]>(Events)!, Secret, DateTimeOffset.FromUnixTimeMilliseconds(CreatedAt), JobRow.Time(PausedAt), PauseReason);
}

/// <summary>A row of <c>deliveries</c>.</summary>
internal sealed class DeliveryRow
{
    public const string Columns =
        """
        id AS Id, webhook_id AS WebhookId, event AS Event, job_id AS JobId, payload AS Payload, created_at AS CreatedAt, attempts AS Attempts,
        last_attempt_at AS LastAttemptAt, next_attempt_at AS NextAttemptAt, delivered_at AS DeliveredAt, status AS Status, error AS Error
        """;

    public string Id { get; init; } = "";

    public string WebhookId { get; init; } = "";

    public string Event { get; init; } = "";

    public string JobId { get; init; } = "";

    public string Payload { get; init; } = "";

    public long CreatedAt { get; init; }

    public long Attempts { get; init; }

    public long? LastAttemptAt { get; init; }

    public long? NextAttemptAt { get; init; }

    public long? DeliveredAt { get; init; }

    public long? Status { get; init; }

    public string? Error { get; init; }

    public Delivery ToDelivery() => new(
        Id, WebhookId, Event, JobId, Payload, DateTimeOffset.FromUnixTimeMilliseconds(CreatedAt), (int)Attempts, JobRow.Time(LastAttemptAt), JobRow.Time(NextAttemptAt),
        JobRow.Time(DeliveredAt), (int?)Status, Error);
}
