using Dapper;

namespace Gateway.Jobs;

/// <summary>What removes finished jobs from the store.</summary>
internal sealed class JobHousekeeping(JobDatabase database)
{
    /// <summary>Rows removed in one transaction, so that nobody waits long for the writer.</summary>
    private const int Batch = 500;

    /// <summary>What may be forgotten: a job whose key is still there would be started by it once more.</summary>
    private const string Forgettable = "finished_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM idempotency WHERE job_id = jobs.id)";

    /// <summary>Pages given back at once: 16 MiB.</summary>
    private const int MaxPages = 4096;

    /// <summary>Forgets one job. False where it is not there, or not finished.</summary>
    public Task<bool> DeleteAsync(string id, CancellationToken cancel) => database.WriteAsync(
        connection => connection.Execute("DELETE FROM jobs WHERE id = @Id AND finished_at IS NOT NULL", new { Id = id }) == 1, cancel);

    public Task<bool> MarkCleanAsync(string id, CancellationToken cancel) => database.WriteAsync(
        connection => connection.Execute("UPDATE jobs SET cleanup_pending = 0 WHERE id = @Id", new { Id = id }) == 1, cancel);

    /// <summary>Forgets the jobs that ended before the time, and the oldest beyond the count. Those that have a key stay, and do not count.</summary>
    public async Task<int> DeleteFinishedAsync(DateTimeOffset endedBefore, int keep, CancellationToken cancel)
    {
        var total = await InBatchesAsync(
            $"DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE finished_at < @Before AND {Forgettable} ORDER BY finished_at LIMIT @Batch)",
            new { Before = endedBefore.ToUnixTimeMilliseconds(), Batch }, cancel);
        total += await InBatchesAsync(
            $"""
            DELETE FROM jobs WHERE id IN (
              SELECT id FROM jobs WHERE {Forgettable} ORDER BY finished_at, id LIMIT min(@Batch, max(0, (SELECT count(*) FROM jobs WHERE {Forgettable}) - @Keep)))
            """,
            new { Keep = keep, Batch }, cancel);
        if (total > 0)
        {
            // Gives the pages back to the file system. Each row that the statement is asked for frees one page.
            await database.WriteAsync(connection => connection.Query($"PRAGMA incremental_vacuum({MaxPages})").Count(), cancel);
        }

        return total;
    }

    /// <summary>Forgets the keys that are older than the time, and the oldest beyond the count.</summary>
    public async Task<int> DeleteKeysAsync(DateTimeOffset before, int keep, CancellationToken cancel) =>
        await InBatchesAsync(
            "DELETE FROM idempotency WHERE rowid IN (SELECT rowid FROM idempotency WHERE created_at < @Before ORDER BY created_at LIMIT @Batch)",
            new { Before = before.ToUnixTimeMilliseconds(), Batch }, cancel)
        + await InBatchesAsync(
            """
            DELETE FROM idempotency WHERE rowid IN (
              SELECT rowid FROM idempotency ORDER BY created_at LIMIT min(@Batch, max(0, (SELECT count(*) FROM idempotency) - @Keep)))
            """,
            new { Keep = keep, Batch }, cancel);

    /// <summary>Forgets the webhooks' messages that are over: those older than the time, and the oldest beyond the count.</summary>
    public async Task<int> DeleteMessagesAsync(DateTimeOffset before, int keep, CancellationToken cancel) =>
        await InBatchesAsync(
            "DELETE FROM deliveries WHERE rowid IN (SELECT rowid FROM deliveries WHERE next_attempt_at IS NULL AND created_at < @Before LIMIT @Batch)",
            new { Before = before.ToUnixTimeMilliseconds(), Batch }, cancel)
        + await InBatchesAsync(
            """
            DELETE FROM deliveries WHERE rowid IN (
              SELECT rowid FROM deliveries WHERE next_attempt_at IS NULL ORDER BY created_at
              LIMIT min(@Batch, max(0, (SELECT count(*) FROM deliveries WHERE next_attempt_at IS NULL) - @Keep)))
            """,
            new { Keep = keep, Batch }, cancel);

    private async Task<int> InBatchesAsync(string sql, object parameters, CancellationToken cancel)
    {
        var total = 0;
        int removed;
        do
        {
            removed = await database.WriteAsync(connection => connection.Execute(sql, parameters), cancel);
            total += removed;
        }
        while (removed == Batch);

        return total;
    }
}
