using System.Text.Json;
using Dapper;

namespace Gateway.Jobs;

/// <summary>What reads jobs. None of it waits for the writer.</summary>
internal sealed class JobQueries(JobDatabase database)
{
    public JobRecord? Find(string id) => database.Read(connection => connection
        .QuerySingleOrDefault<JobRow>($"SELECT {JobRow.Columns} FROM jobs WHERE id = @Id", new { Id = id })?.ToRecord());

    /// <summary>A page, newest first.</summary>
    public IReadOnlyList<JobRecord> List(JobFilter filter, int count) => database.Read(connection => connection
        .Query<JobRow>(
            $"""
            SELECT {JobRow.Columns} FROM jobs
            WHERE (subject = @Subject OR namespace IN (SELECT value FROM json_each(@Readable)))
              AND (@State IS NULL OR state = @State) AND (@Kind IS NULL OR kind = @Kind) AND (@Namespace IS NULL OR namespace = @Namespace)
              AND (@OlderThan IS NULL OR id < @OlderThan)
            ORDER BY id DESC LIMIT @Count
            """,
            new
            {
                filter.Subject,
                Readable = JsonSerializer.Serialize(filter.ReadableNamespaces),
                State = filter.State?.Spell(),
                filter.Kind,
                filter.Namespace,
                filter.OlderThan,
                Count = count,
            })
        .Select(row => row.ToRecord()).ToList());

    /// <summary>Jobs of a namespace that are queued or running: what their requests name is still needed.</summary>
    public IReadOnlyList<JobRecord> Unfinished(string containerdNamespace) => database.Read(connection => connection
        .Query<JobRow>(
            $"SELECT {JobRow.Columns} FROM jobs WHERE namespace = @Namespace AND state IN ('queued', 'running') ORDER BY id",
            new { Namespace = containerdNamespace })
        .Select(row => row.ToRecord()).ToList());

    /// <summary>Namespaces that jobs are in.</summary>
    public IReadOnlyList<string> Namespaces() =>
        database.Read(connection => connection.Query<string>("SELECT DISTINCT namespace FROM jobs").ToList());

    /// <summary>When the next job of the queue is due; null where none waits. One whose namespace or subject has as many running as it may waits for these, not for a time.</summary>
    public DateTimeOffset? NextDue(RunRoom room) => database.Read(connection => connection
        .ExecuteScalar<long?>(
            """
            SELECT min((SELECT coalesce(next_attempt_at, 0) FROM jobs INDEXED BY jobs_waiting
                WHERE state = 'queued' AND namespace = flows.namespace AND subject = flows.subject ORDER BY next_attempt_at LIMIT 1))
            FROM flows WHERE namespace NOT IN
              (SELECT namespace FROM jobs INDEXED BY jobs_running WHERE state = 'running' GROUP BY namespace HAVING count(*) >= @InNamespace)
              AND subject NOT IN (SELECT subject FROM jobs INDEXED BY jobs_running WHERE state = 'running' GROUP BY subject HAVING count(*) >= @OfSubject)
            """,
            room)) is { } due
        ? DateTimeOffset.FromUnixTimeMilliseconds(due)
        : null;

    /// <summary>A random id, the same as long as the store lives.</summary>
    public string NodeId() => database.Read(connection => connection.ExecuteScalar<string>("SELECT id FROM node"))!;

    public int CountQueued() => database.Read(connection => connection.ExecuteScalar<int>("SELECT coalesce(sum(queued), 0) FROM flows"));

    /// <summary>Jobs that ended at that time or later, oldest end first.</summary>
    public IReadOnlyList<JobRecord> FinishedSince(DateTimeOffset since, int count) => database.Read(connection => connection
        .Query<JobRow>(
            $"SELECT {JobRow.Columns} FROM jobs WHERE finished_at >= @Since ORDER BY finished_at LIMIT @Count",
            new { Since = since.ToUnixTimeMilliseconds(), Count = count })
        .Select(row => row.ToRecord()).ToList());

    /// <summary>Jobs that ended with something left to remove, oldest first.</summary>
    public IReadOnlyList<JobRecord> ToCleanUp(int count) => database.Read(connection => connection
        .Query<JobRow>($"SELECT {JobRow.Columns} FROM jobs WHERE cleanup_pending = 1 ORDER BY id LIMIT @Count", new { Count = count })
        .Select(row => row.ToRecord()).ToList());
}

/// <summary>Which jobs a caller asks for, and may see.</summary>
/// <param name="Subject">The caller: own jobs are always seen.</param>
/// <param name="ReadableNamespaces">Where others' jobs are seen too.</param>
/// <param name="OlderThan">The last id of the page before.</param>
internal sealed record JobFilter(
    string Subject,
    IReadOnlyList<string> ReadableNamespaces,
    JobState? State = null,
    string? Kind = null,
    string? Namespace = null,
    string? OlderThan = null);
