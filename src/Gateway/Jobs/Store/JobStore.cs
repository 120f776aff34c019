using Dapper;
using Microsoft.Data.Sqlite;

namespace Gateway.Jobs;

/// <summary>
/// What starts, moves and ends jobs. Each method is one transaction that is on the disk when it returns. A write of a job's owner carries its
/// epoch: null tells that the job has another owner by now, who alone may touch it.
/// </summary>
internal sealed class JobStore(JobDatabase database, TimeProvider time)
{
    // Used by the one writer only.
    private readonly JobTurns turns = new();
    private readonly JobId messageIds = new(time);

    private const string Returning = $"RETURNING {JobRow.Columns}";

    /// <summary>Stores a new job, or finds the one that already does the same work for the same caller; with it, that the key's answer is this job.</summary>
    public Task<(JobRecord Job, bool Joined)> EnqueueAsync(JobRecord job, QueueRoom room, IdempotencyKey? key, CancellationToken cancel) => database.WriteAsync(
        connection =>
        {
            var running = job.WorkKey is null ? null : SameWork(connection, job);
            if (running is null)
            {
                room.Require(connection, job.Subject, job.Namespace);
            }

            var stored = running ?? Insert(connection, job);
            if (key is not null)
            {
                connection.Execute("UPDATE idempotency SET job_id = @Id WHERE subject = @Subject AND key = @Key", new { stored.Id, key.Subject, key.Key });
            }

            return (stored, running is not null);
        },
        cancel);

    /// <summary>
    /// Takes a job that is due: one that is only to be ended, or else the oldest one of whose turn it is. One that has waited for longer than the limit
    /// without ever being claimed comes without a start: it does not begin any more.
    /// </summary>
    public Task<JobRecord?> ClaimAsync(ClaimScope scope, TimeSpan queueLimit, RunRoom room, CancellationToken cancel) => database.WriteAsync(
        connection =>
        {
            var waitedTooLong = WaitedTooLong(connection, queueLimit);
            var id = waitedTooLong ?? ToCancel(connection) ?? PastDeadline(connection) ?? (scope is ClaimScope.None ? null : turns.Next(Waiting(connection), scope, room));
            return id is null ? null : Claim(connection, id, begins: waitedTooLong is null);
        },
        cancel);

    /// <summary>Puts a failed attempt back into the queue, or a shut-down one, which is then not counted.</summary>
    public Task<JobRecord?> RequeueAsync(JobRecord job, bool countAttempt, CancellationToken cancel) => database.WriteAsync(
        connection => One(connection,
            $"""
            UPDATE jobs SET state = 'queued', epoch = epoch + 1, attempt = attempt - @Uncounted, failures = @Failures, sequence = @Sequence,
              next_attempt_at = @NextAttemptAt, waits_since = @WaitsSince, progress = @Progress, error = @Error
            WHERE id = @Id AND epoch = @Epoch AND state = 'running'
            {Returning}
            """,
            Parameters(job, ("Uncounted", countAttempt ? 0 : 1))),
        cancel);

    /// <summary>Ends a job, erases its credentials, and notes whom to tell, in the same transaction.</summary>
    public Task<JobRecord?> FinishAsync(JobRecord job, CancellationToken cancel) => database.WriteAsync(
        connection => Noted(connection, One(connection,
            $"""
            UPDATE jobs SET state = @State, result = @Result, error = @Error, progress = @Progress, sequence = @Sequence,
              finished_at = @Now, next_attempt_at = NULL, secret = NULL, cleanup_pending = @CleanUpPending
            WHERE id = @Id AND epoch = @Epoch AND state = 'running'
            {Returning}
            """,
            Parameters(job, ("Now", Now())))),
        cancel);

    /// <summary>Saves what the owner reports; false when it is no longer the owner.</summary>
    public async Task<bool> SaveProgressAsync(JobRecord job, CancellationToken cancel) => await database.WriteAdvisoryAsync(
        "UPDATE jobs SET progress = @Progress, sequence = @Sequence WHERE id = @Id AND epoch = @Epoch AND state = 'running'",
        Parameters(job), cancel) == 1;

    /// <summary>
    /// Notes the wish to cancel. A job that never ran is canceled at once; one that ran before may have left something, so it stays queued
    /// until its clean-up is done; a running one is its owner's to end. No job: no such job. EndedHere: this call ended it.
    /// </summary>
    public Task<(JobRecord? Job, bool EndedHere)> RequestCancelAsync(string id, CancellationToken cancel) => database.WriteAsync(
        connection =>
        {
            var ended = connection.Execute(
                """
                UPDATE jobs SET cancel_requested = 1, state = 'canceled', finished_at = @Now, secret = NULL, next_attempt_at = NULL,
                  sequence = sequence + 1
                WHERE id = @Id AND state = 'queued' AND epoch = 0
                """,
                new { Id = id, Now = Now() });
            connection.Execute("UPDATE jobs SET cancel_requested = 1 WHERE id = @Id AND state = 'running'", new { Id = id });
            connection.Execute(
                "UPDATE jobs SET cancel_requested = 1, sequence = sequence + 1 WHERE id = @Id AND state = 'queued' AND cancel_requested = 0",
                new { Id = id });
            var job = One(connection, $"SELECT {JobRow.Columns} FROM jobs WHERE id = @Id", new { Id = id });
            return (ended is 1 ? Noted(connection, job) : job, ended is 1);
        },
        cancel);

    /// <summary>
    /// Takes over what the last process left running, gives free the keys with which it was about to start jobs, and notes of others that nobody knows
    /// whether their requests were done. To be called once, before anything runs. The epoch left out tells that events may be lost: the last process had told more than it had stored.
    /// </summary>
    public Task<int> RequeueAbandonedAsync(CancellationToken cancel) => database.WriteAsync(
        connection =>
        {
            connection.Execute("DELETE FROM idempotency WHERE job_id IS NULL AND status IS NULL");
            connection.Execute("UPDATE idempotency SET status = @Lost WHERE job_id IS NULL AND status = @Begun", new { IdempotencyStore.Lost, IdempotencyStore.Begun });
            return connection.Execute(
                "UPDATE jobs SET state = 'queued', epoch = epoch + 2, sequence = sequence + 1, next_attempt_at = @Now, waits_since = @Now WHERE state = 'running'",
                new { Now = Now() });
        },
        cancel);

    private static JobRecord? SameWork(SqliteConnection connection, JobRecord job) => One(connection,
        $"""
        SELECT {JobRow.Columns} FROM jobs
        WHERE subject = @Subject AND namespace = @Namespace AND kind = @Kind AND work_key = @WorkKey
          AND state IN ('queued', 'running') AND cancel_requested = 0
        """,
        JobRow.From(job));

    private JobRecord? Noted(SqliteConnection connection, JobRecord? ended)
    {
        if (ended is not null)
        {
            JobOutbox.Add(connection, ended, messageIds, Now());
        }

        return ended;
    }

    private JobRecord? Claim(SqliteConnection connection, string id, bool begins) => One(connection,
        $"""
        UPDATE jobs SET state = 'running', epoch = epoch + 1, attempt = attempt + @Begins, sequence = sequence + 1,
          started_at = iif(@Begins, coalesce(started_at, @Now), started_at), next_attempt_at = NULL, waits_since = NULL, progress = NULL, error = NULL
        WHERE id = @Id
        {Returning}
        """,
        new { Id = id, Begins = begins ? 1 : 0, Now = Now() });

    private string? WaitedTooLong(SqliteConnection connection, TimeSpan limit) => connection.ExecuteScalar<string?>(
        "SELECT id FROM jobs WHERE state = 'queued' AND started_at IS NULL AND created_at <= @Oldest ORDER BY created_at LIMIT 1",
        new { Oldest = Now() - (long)limit.TotalMilliseconds });

    private string? PastDeadline(SqliteConnection connection) => connection.ExecuteScalar<string?>(
        "SELECT id FROM jobs WHERE state = 'queued' AND started_at IS NOT NULL AND started_at + timeout <= @Now ORDER BY started_at + timeout LIMIT 1",
        new { Now = Now() });

    private static string? ToCancel(SqliteConnection connection) => connection.ExecuteScalar<string?>(
        "SELECT id FROM jobs WHERE state = 'queued' AND cancel_requested = 1 ORDER BY id LIMIT 1");

    // One row of an index for each that may be next: the oldest that was not begun, the first that is due again, and one whose clock was set back. The
    // indexes are named: SQLite would go through all jobs of each namespace, the finished ones too. '~' comes after every id.
    private List<WaitingFlow> Waiting(SqliteConnection connection) => connection.Query<WaitingFlow>(
        """
        SELECT waiting.*, (SELECT count(*) FROM jobs INDEXED BY jobs_running WHERE state = 'running' AND namespace = waiting.Namespace) AS RunningInNamespace,
          (SELECT count(*) FROM jobs INDEXED BY jobs_running WHERE state = 'running' AND namespace = waiting.Namespace AND subject = waiting.Subject) AS Running,
          (SELECT count(*) FROM jobs INDEXED BY jobs_running WHERE state = 'running' AND subject = waiting.Subject) AS RunningOfSubject
        FROM (SELECT namespace AS Namespace, subject AS Subject, min(
            coalesce((SELECT id FROM jobs INDEXED BY jobs_waiting WHERE state = 'queued' AND namespace = flows.namespace AND subject = flows.subject
              AND next_attempt_at IS NULL ORDER BY waits_since, id LIMIT 1), '~'),
            coalesce((SELECT id FROM jobs INDEXED BY jobs_waiting WHERE state = 'queued' AND namespace = flows.namespace AND subject = flows.subject
              AND next_attempt_at <= @Now ORDER BY next_attempt_at LIMIT 1), '~'),
            coalesce((SELECT id FROM jobs INDEXED BY jobs_set_back WHERE state = 'queued' AND namespace = flows.namespace AND subject = flows.subject
              AND waits_since > @Now LIMIT 1), '~')) AS Oldest FROM flows) AS waiting
        WHERE Oldest <> '~'
        """,
        new { Now = Now() }).AsList();

    private static JobRecord Insert(SqliteConnection connection, JobRecord job) => One(connection,
        $"""
        INSERT INTO jobs (id, kind, namespace, subject, request, work_key, state, epoch, created_at, timeout, secret, trace_parent, trace_state)
        VALUES (@Id, @Kind, @Namespace, @Subject, @Request, @WorkKey, 'queued', @Epoch, @CreatedAt, @Timeout, @Secret, @TraceParent, @TraceState)
        {Returning}
        """,
        JobRow.From(job))!;

    private static JobRecord? One(SqliteConnection connection, string sql, object parameters) =>
        connection.Query<JobRow>(sql, parameters).SingleOrDefault()?.ToRecord();

    private static DynamicParameters Parameters(JobRecord job, params ReadOnlySpan<(string Name, object Value)> more)
    {
        var parameters = new DynamicParameters(JobRow.From(job));
        foreach (var (name, value) in more)
        {
            parameters.Add(name, value);
        }

        return parameters;
    }

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();
}
