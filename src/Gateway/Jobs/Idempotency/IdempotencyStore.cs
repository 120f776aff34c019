using System.Text.Json;
using Dapper;

namespace Gateway.Jobs;

/// <summary>
/// The keys of requests that are to be done once, in the file of the jobs: a job and its key are stored in one transaction. Answers are sealed: one may
/// show a secret.
/// </summary>
internal sealed class IdempotencyStore(JobDatabase database, JobSecrets secrets, TimeProvider time)
{
    /// <summary>In place of an answer's status: the request does more than to start a job, and is under way.</summary>
    public const int Begun = 0;

    /// <summary>In place of an answer's status: it was under way when the gateway ended.</summary>
    public const int Lost = -1;

    public static readonly TimeSpan KeptFor = TimeSpan.FromHours(24);

    /// <summary>Keys of all callers together; beyond that the oldest go early.</summary>
    public const int MostKept = 500_000;

    /// <summary>Takes the key for a request that begins now; gives what is known of it where it was taken before.</summary>
    /// <param name="key">Whose request it is, and which.</param>
    /// <param name="isFirst">Whether no other request has the key now. Only such a one takes it, also from one that was given up without job or answer.</param>
    /// <param name="cancel">Ends the wait for the store.</param>
    public Task<IdempotencyEntry?> ClaimAsync(IdempotencyKey key, bool isFirst, CancellationToken cancel) => database.WriteAsync(
        connection =>
        {
            var now = time.GetUtcNow();
            var parameters = new { key.Subject, key.Key, key.Fingerprint, Status = key.StartsJob ? default(int?) : Begun, Now = now.ToUnixTimeMilliseconds(), Oldest = (now - KeptFor).ToUnixTimeMilliseconds() };
            if (isFirst)
            {
                connection.Execute(
                    "DELETE FROM idempotency WHERE subject = @Subject AND key = @Key AND (created_at < @Oldest OR (job_id IS NULL AND coalesce(status, 0) = 0))", parameters);
            }

            var taken = isFirst && connection.Execute(
                "INSERT INTO idempotency (subject, key, fingerprint, created_at, status) VALUES (@Subject, @Key, @Fingerprint, @Now, @Status) ON CONFLICT DO NOTHING", parameters) is 1;
            return taken ? null
                : connection.QuerySingleOrDefault<Row>(
                    "SELECT fingerprint AS Fingerprint, job_id AS JobId, status AS Status, headers AS Headers, body AS Body FROM idempotency WHERE subject = @Subject AND key = @Key",
                    parameters) is { } row ? Entry(row)
                : new IdempotencyEntry(key.Fingerprint, null, null); // the first is about to take it

            IdempotencyEntry Entry(Row row) => new(
                row.Fingerprint,
                row.JobId is null ? null : connection.QuerySingle<JobRow>($"SELECT {JobRow.Columns} FROM jobs WHERE id = @JobId", new { row.JobId }).ToRecord(),
                row.Status is null or Begun or Lost ? null : new StoredAnswer((int)row.Status, JsonSerializer.Deserialize<Dictionary<string, string>>(row.Headers!)!, secrets.UnsealBytes(key.Key, key.Subject, row.Body!)),
                row.Status is Lost);
        },
        cancel);

    /// <summary>Keeps the answer; nothing where a job is the answer.</summary>
    public Task KeepAsync(IdempotencyKey key, StoredAnswer answer) => database.WriteAsync(
        connection => connection.Execute(
            "UPDATE idempotency SET status = @Status, headers = @Headers, body = @Body WHERE subject = @Subject AND key = @Key AND job_id IS NULL",
            new { key.Subject, key.Key, answer.Status, Headers = JsonSerializer.Serialize(answer.Headers), Body = secrets.Seal(key.Key, key.Subject, answer.Body) }),
        CancellationToken.None);

    /// <summary>Gives the key free where the request came to nothing; a job that it did start remains.</summary>
    public Task ReleaseAsync(IdempotencyKey key) => database.WriteAsync(
        connection => connection.Execute(
            "DELETE FROM idempotency WHERE subject = @Subject AND key = @Key AND job_id IS NULL AND coalesce(status, 0) = 0", new { key.Subject, key.Key }),
        CancellationToken.None);

    private sealed class Row
    {
        public byte[] Fingerprint { get; init; } = [];

        public string? JobId { get; init; }

        public long? Status { get; init; }

        public string? Headers { get; init; }

        public byte[]? Body { get; init; }
    }
}
