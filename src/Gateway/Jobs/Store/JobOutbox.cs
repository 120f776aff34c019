using System.Text.Json;
using Dapper;
using Gateway.Http;
using Microsoft.Data.Sqlite;

namespace Gateway.Jobs;

/// <summary>Puts down whom to tell of a job's end, in the transaction that ends it: neither can be lost without the other.</summary>
internal static class JobOutbox
{
    /// <summary>Messages that may wait for one receiver. Beyond that it is paused, and what ends meanwhile is not told.</summary>
    public const int MaxWaiting = 10_000;

    /// <summary>What has ended, as an event's name.</summary>
    public static string EventOf(JobState state) => $"job.{state.Spell()}";

    public static void Add(SqliteConnection connection, JobRecord ended, JobId ids, long now)
    {
        var kind = EventOf(ended.State);
        var receivers = connection.Query<(string Id, int Waiting)>(
            """
            SELECT id, (SELECT count(*) FROM deliveries WHERE webhook_id = webhooks.id AND next_attempt_at IS NOT NULL) FROM webhooks
            WHERE (namespace IS NULL OR namespace = @Namespace) AND EXISTS (SELECT 1 FROM json_each(events) WHERE value = @Kind)
            """,
            new { ended.Namespace, Kind = kind });
        string? payload = null;
        foreach (var (webhook, waiting) in receivers)
        {
            if (waiting < MaxWaiting)
            {
                connection.Execute(
                    """
                    INSERT INTO deliveries (id, webhook_id, event, job_id, payload, created_at, next_attempt_at)
                    VALUES (@Id, @Webhook, @Kind, @Job, @Payload, @Now, @Now)
                    """,
                    new { Id = $"msg_{ids.Next()}", Webhook = webhook, Kind = kind, Job = ended.Id, Payload = payload ??= PayloadOf(kind, ended), Now = now });
            }
            else
            {
                connection.Execute(
                    "UPDATE webhooks SET paused_at = coalesce(paused_at, @Now), pause_reason = @Reason WHERE id = @Webhook",
                    new { Now = now, Reason = $"{MaxWaiting} messages wait; further ones are not kept", Webhook = webhook });
            }
        }
    }

    // The items of the progress would be most of the message, and say nothing once it is over.
    private static string PayloadOf(string kind, JobRecord ended) => JsonSerializer.Serialize(
        new { Type = kind, Timestamp = ended.FinishedAt, Data = JobView.From(ended) with { Progress = null } }, GatewayJson.Options);
}
