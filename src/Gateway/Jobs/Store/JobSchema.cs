using Dapper;
using Microsoft.Data.Sqlite;

namespace Gateway.Jobs;

/// <summary>The tables, step by step. A step that has been released is never changed: what comes later is a further step.</summary>
internal static class JobSchema
{
    /// <summary>Times and durations are whole milliseconds, times since 1970 UTC.</summary>
    private static readonly string[] Steps =
    [
        """
        CREATE TABLE jobs (
          id               TEXT    PRIMARY KEY,
          kind             TEXT    NOT NULL,
          namespace        TEXT    NOT NULL,
          subject          TEXT    NOT NULL,
          request          TEXT    NOT NULL,
          work_key         TEXT,
          state            TEXT    NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'canceled')),
          cancel_requested INTEGER NOT NULL DEFAULT 0,
          attempt          INTEGER NOT NULL DEFAULT 0,
          failures         INTEGER NOT NULL DEFAULT 0,
          epoch            INTEGER NOT NULL DEFAULT 0,
          sequence         INTEGER NOT NULL DEFAULT 1,
          next_attempt_at  INTEGER,
          created_at       INTEGER NOT NULL,
          started_at       INTEGER,
          finished_at      INTEGER,
          timeout          INTEGER NOT NULL,
          result           TEXT,
          error            TEXT,
          progress         TEXT,
          secret           BLOB,
          trace_parent     TEXT    NOT NULL,
          trace_state      TEXT,
          cleanup_pending  INTEGER NOT NULL DEFAULT 0,
          CHECK ((state IN ('queued', 'running')) = (finished_at IS NULL)),
          CHECK (finished_at IS NULL OR secret IS NULL)
        ) STRICT;

        -- The same work of the same caller is done once at a time. A job that is to be canceled takes no company.
        CREATE UNIQUE INDEX jobs_work ON jobs (subject, namespace, kind, work_key)
          WHERE work_key IS NOT NULL AND state IN ('queued', 'running') AND cancel_requested = 0;
        CREATE INDEX jobs_queue ON jobs (id) WHERE state = 'queued';
        CREATE INDEX jobs_running ON jobs (id) WHERE state = 'running';
        CREATE INDEX jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;
        CREATE INDEX jobs_cleanup ON jobs (id) WHERE cleanup_pending = 1;
        CREATE INDEX jobs_namespace ON jobs (namespace, id);
        CREATE INDEX jobs_subject ON jobs (subject, id);
        """,
        """
        -- Tells this gateway's traces in containerd from those of another gateway on the same daemon.
        CREATE TABLE node (id TEXT NOT NULL) STRICT;
        INSERT INTO node (id) VALUES (lower(hex(randomblob(16))));
        """,
        """
        -- What a caller wants done once: under way while there is neither job nor status.
        CREATE TABLE idempotency (
          subject     TEXT    NOT NULL,
          key         TEXT    NOT NULL,
          fingerprint BLOB    NOT NULL,
          created_at  INTEGER NOT NULL,
          job_id      TEXT    REFERENCES jobs (id) ON DELETE CASCADE,
          status      INTEGER,
          headers     TEXT,
          body        BLOB,
          PRIMARY KEY (subject, key)
        ) STRICT;
        CREATE INDEX idempotency_age ON idempotency (created_at);
        CREATE INDEX idempotency_job ON idempotency (job_id) WHERE job_id IS NOT NULL;
        """,
        """
        -- Whose turn it is.
        CREATE INDEX jobs_waiting ON jobs (namespace, subject, next_attempt_at, id) WHERE state = 'queued';
        CREATE INDEX jobs_to_cancel ON jobs (id) WHERE state = 'queued' AND cancel_requested = 1;
        """,
        """
        CREATE TABLE webhooks (
          id           TEXT    PRIMARY KEY,
          subject      TEXT    NOT NULL,
          namespace    TEXT,
          url          TEXT    NOT NULL,
          events       TEXT    NOT NULL,
          secret       BLOB    NOT NULL,
          created_at   INTEGER NOT NULL,
          paused_at    INTEGER,
          pause_reason TEXT
        ) STRICT;
        CREATE INDEX webhooks_subject ON webhooks (subject, id);

        -- A message is under way while it has a next attempt.
        CREATE TABLE deliveries (
          id              TEXT    PRIMARY KEY,
          webhook_id      TEXT    NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
          event           TEXT    NOT NULL,
          job_id          TEXT    NOT NULL,
          payload         TEXT    NOT NULL,
          created_at      INTEGER NOT NULL,
          attempts        INTEGER NOT NULL DEFAULT 0,
          last_attempt_at INTEGER,
          next_attempt_at INTEGER,
          delivered_at    INTEGER,
          status          INTEGER,
          error           TEXT
        ) STRICT;
        CREATE INDEX deliveries_waiting ON deliveries (webhook_id, next_attempt_at, id) WHERE next_attempt_at IS NOT NULL;
        CREATE INDEX deliveries_webhook ON deliveries (webhook_id, id);
        CREATE INDEX deliveries_over ON deliveries (created_at) WHERE next_attempt_at IS NULL;
        """,
        """
        -- Kept by triggers, which are made anew after the last step.
        ALTER TABLE jobs ADD COLUMN check_value INTEGER;
        ALTER TABLE idempotency ADD COLUMN check_value INTEGER;
        ALTER TABLE webhooks ADD COLUMN check_value INTEGER;
        ALTER TABLE deliveries ADD COLUMN check_value INTEGER;
        ALTER TABLE node ADD COLUMN check_value INTEGER;
        ALTER TABLE node ADD COLUMN schema_check INTEGER;
        """,
        """
        -- A job that was put back waits from then to next_attempt_at. At a time before that the clock was set back, and the job is due.
        ALTER TABLE jobs ADD COLUMN waits_since INTEGER;
        DROP INDEX jobs_waiting;
        CREATE INDEX jobs_waiting ON jobs (namespace, subject, next_attempt_at, waits_since, id) WHERE state = 'queued';

        -- Whose time is over in the queue.
        CREATE INDEX jobs_not_begun ON jobs (created_at) WHERE state = 'queued' AND started_at IS NULL;
        CREATE INDEX jobs_put_back ON jobs (started_at + timeout) WHERE state = 'queued' AND started_at IS NOT NULL;
        """,
        """
        -- How many jobs of each caller wait in each namespace, so that neither a submission nor a turn goes through all that wait.
        CREATE TABLE flows (
          namespace TEXT    NOT NULL,
          subject   TEXT    NOT NULL,
          queued    INTEGER NOT NULL,
          PRIMARY KEY (namespace, subject)
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER flows_grow AFTER INSERT ON jobs WHEN NEW.state = 'queued' BEGIN
          INSERT INTO flows VALUES (NEW.namespace, NEW.subject, 1) ON CONFLICT DO UPDATE SET queued = queued + 1;
        END;
        CREATE TRIGGER flows_grow_again AFTER UPDATE OF state ON jobs WHEN NEW.state = 'queued' AND OLD.state <> 'queued' BEGIN
          INSERT INTO flows VALUES (NEW.namespace, NEW.subject, 1) ON CONFLICT DO UPDATE SET queued = queued + 1;
        END;
        CREATE TRIGGER flows_shrink AFTER UPDATE OF state ON jobs WHEN OLD.state = 'queued' AND NEW.state <> 'queued' BEGIN
          UPDATE flows SET queued = queued - 1 WHERE namespace = NEW.namespace AND subject = NEW.subject;
          DELETE FROM flows WHERE namespace = NEW.namespace AND subject = NEW.subject AND queued < 1;
        END;
        CREATE TRIGGER flows_forget AFTER DELETE ON jobs WHEN OLD.state = 'queued' BEGIN
          UPDATE flows SET queued = queued - 1 WHERE namespace = OLD.namespace AND subject = OLD.subject;
          DELETE FROM flows WHERE namespace = OLD.namespace AND subject = OLD.subject AND queued < 1;
        END;
        CREATE INDEX jobs_set_back ON jobs (namespace, subject, waits_since) WHERE state = 'queued' AND waits_since IS NOT NULL;
        """,
    ];

    /// <summary>The step that gave the rows their check values.</summary>
    private const int FirstWithChecks = 6;

    /// <summary>Whether rows have check values already. An upgrade makes them anew, so damage must be looked for before it.</summary>
    public static bool HasChecks(SqliteConnection connection) => connection.ExecuteScalar<int>("PRAGMA user_version") is var version && version >= FirstWithChecks && version <= Steps.Length;

    public static void Upgrade(SqliteConnection connection)
    {
        var version = connection.ExecuteScalar<int>("PRAGMA user_version");
        if (version > Steps.Length)
        {
            throw new JobStoreException(JobStoreFault.TooNew,
                $"the job store has schema {version}, this gateway knows up to {Steps.Length}: start the newer gateway, or move the file away");
        }

        if (version == Steps.Length)
        {
            return;
        }

        using var transaction = connection.BeginTransaction();
        foreach (var step in Steps.Skip(version))
        {
            connection.Execute(step);
        }

        JobRowChecks.Install(connection);
        connection.Execute($"PRAGMA user_version = {Steps.Length}");
        transaction.Commit();
    }
}
