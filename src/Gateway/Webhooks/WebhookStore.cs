using System.Text.Json;
using Dapper;
using Gateway.Http;
using Gateway.Jobs;

namespace Gateway.Webhooks;

/// <summary>Receivers and their messages, in the file of the jobs: a job's end and its messages are one transaction.</summary>
internal sealed class WebhookStore(JobDatabase database, TimeProvider time)
{
    /// <summary>The first attempt waits for nothing. At a time before the last one the clock was set back, and a wait of seconds would become hours.</summary>
    private const string IsDue = "next_attempt_at IS NOT NULL AND (attempts = 0 OR next_attempt_at <= @Now OR @Now < last_attempt_at)";

    /// <summary>Receivers of one caller.</summary>
    public const int MostOfOne = 32;

    /// <summary>Receivers of all callers together.</summary>
    public const int Most = 1000;

    public Task AddAsync(Webhook webhook, CancellationToken cancel) => database.WriteAsync(
        connection =>
        {
            var (all, own) = connection.QuerySingle<(int, int)>(
                "SELECT count(*), count(*) FILTER (WHERE subject = @Subject) FROM webhooks", new { webhook.Subject });
            if (own >= MostOfOne || all >= Most)
            {
                throw new ProblemException(ProblemKinds.Conflict, own >= MostOfOne
                    ? $"a caller has at most {MostOfOne} webhooks; delete one first"
                    : $"this gateway has {Most} webhooks, which is the most");
            }

            return connection.Execute(
                "INSERT INTO webhooks (id, subject, namespace, url, events, secret, created_at) VALUES (@Id, @Subject, @Namespace, @Url, @Events, @Secret, @CreatedAt)",
                new
                {
                    webhook.Id,
                    webhook.Subject,
                    webhook.Namespace,
                    webhook.Url,
                    Events = JsonSerializer.Serialize(webhook.Events),
                    webhook.Secret,
                    CreatedAt = webhook.CreatedAt.ToUnixTimeMilliseconds(),
                });
        },
        cancel);

    public Webhook? Find(string id) => database.Read(connection => connection
        .QuerySingleOrDefault<WebhookRow>($"SELECT {WebhookRow.Columns} FROM webhooks WHERE id = @Id", new { Id = id })?.ToWebhook());

    /// <summary>By id; those of one caller, or of all.</summary>
    public IReadOnlyList<Webhook> List(string? subject) => database.Read(connection => connection
        .Query<WebhookRow>($"SELECT {WebhookRow.Columns} FROM webhooks WHERE @Subject IS NULL OR subject = @Subject ORDER BY id", new { Subject = subject })
        .Select(row => row.ToWebhook()).ToList());

    public Task<bool> DeleteAsync(string id, CancellationToken cancel) => database.WriteAsync(
        connection => connection.Execute("DELETE FROM webhooks WHERE id = @Id", new { Id = id }) is 1, cancel);

    public Task PauseAsync(string id, string reason, CancellationToken cancel) => database.WriteAsync(
        connection => connection.Execute(
            "UPDATE webhooks SET paused_at = @Now, pause_reason = @Reason WHERE id = @Id AND paused_at IS NULL", new { Id = id, Reason = reason, Now = Now() }),
        cancel);

    public Task ResumeAsync(string id, CancellationToken cancel) => database.WriteAsync(
        connection => connection.Execute("UPDATE webhooks SET paused_at = NULL, pause_reason = NULL WHERE id = @Id", new { Id = id }), cancel);

    /// <summary>Messages of a receiver, newest first.</summary>
    public IReadOnlyList<Delivery> Deliveries(string webhook, string? olderThan, int count) => database.Read(connection => connection
        .Query<DeliveryRow>(
            $"""
            SELECT {DeliveryRow.Columns} FROM deliveries WHERE webhook_id = @Webhook AND (@OlderThan IS NULL OR id < @OlderThan)
            ORDER BY id DESC LIMIT @Count
            """,
            new { Webhook = webhook, OlderThan = olderThan, Count = count })
        .Select(row => row.ToDelivery()).ToList());

    /// <summary>Sends a message again, whatever became of it; null where there is none such.</summary>
    public Task<Delivery?> RedeliverAsync(string webhook, string id, CancellationToken cancel) => database.WriteAsync(
        connection => connection.QuerySingleOrDefault<DeliveryRow>(
            $"""
            UPDATE deliveries SET next_attempt_at = @Now, attempts = 0, delivered_at = NULL WHERE id = @Id AND webhook_id = @Webhook RETURNING {DeliveryRow.Columns}
            """,
            new { Id = id, Webhook = webhook, Now = Now() })?.ToDelivery(),
        cancel);

    /// <summary>Receivers that are not paused and have a message due.</summary>
    public IReadOnlyList<string> Due() => database.Read(connection => connection
        .Query<string>(
            $"""
            SELECT id FROM webhooks
            WHERE paused_at IS NULL AND EXISTS (SELECT 1 FROM deliveries WHERE webhook_id = webhooks.id AND {IsDue})
            """,
            new { Now = Now() }).AsList());

    /// <summary>A receiver with the message it is to get next, while it is not paused.</summary>
    public (Webhook Webhook, Delivery Delivery)? Next(string webhook) => database.Read(connection =>
    {
        var receiver = connection.QuerySingleOrDefault<WebhookRow>(
            $"SELECT {WebhookRow.Columns} FROM webhooks WHERE id = @Id AND paused_at IS NULL", new { Id = webhook });
        var due = connection.QuerySingleOrDefault<DeliveryRow>(
            $"""
            SELECT {DeliveryRow.Columns} FROM deliveries WHERE webhook_id = @Id AND {IsDue} ORDER BY next_attempt_at, id LIMIT 1
            """,
            new { Id = webhook, Now = Now() });
        return receiver is null || due is null ? default((Webhook, Delivery)?) : (receiver.ToWebhook(), due.ToDelivery());
    });

    public Task DeliveredAsync(Delivery delivery, int status, CancellationToken cancel) => database.WriteAsync(
        connection => connection.Execute(
            """
            UPDATE deliveries SET attempts = attempts + 1, last_attempt_at = @Now, next_attempt_at = NULL, delivered_at = @Now, status = @Status, error = NULL
            WHERE id = @Id
            """,
            new { delivery.Id, Status = status, Now = Now() }),
        cancel);

    /// <summary>Notes a failed attempt. Without a next one the message is given up.</summary>
    /// <returns>Whether the receiver has taken nothing since the message was made.</returns>
    public Task<bool> FailedAsync(Delivery delivery, int? status, string error, TimeSpan? wait, CancellationToken cancel) => database.WriteAsync(
        connection =>
        {
            var now = Now();
            connection.Execute(
                "UPDATE deliveries SET attempts = attempts + 1, last_attempt_at = @Now, next_attempt_at = @Next, status = @Status, error = @Error WHERE id = @Id",
                new { delivery.Id, Status = status, Error = error, Next = now + (long?)wait?.TotalMilliseconds, Now = now });
            return connection.ExecuteScalar<int>(
                "SELECT count(*) FROM deliveries WHERE webhook_id = @WebhookId AND delivered_at >= @CreatedAt",
                new { delivery.WebhookId, CreatedAt = delivery.CreatedAt.ToUnixTimeMilliseconds() }) is 0;
        },
        cancel);

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();
}
