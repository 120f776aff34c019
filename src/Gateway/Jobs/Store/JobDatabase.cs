using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Dapper;
using Gateway.Http;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Gateway.Jobs;

/// <summary>
/// The SQLite file. One writer at a time through one connection, readers beside it (WAL). SQLite's calls block: each is a few rows and at most
/// one fsync.
/// </summary>
internal sealed class JobDatabase : IDisposable
{
    /// <summary>How long a statement waits for a lock. Only a person's sqlite3 shell can hold one.</summary>
    private const int BusySeconds = 5;

    /// <summary>SQLITE_FULL.</summary>
    private const int SqliteFull = 13;

    /// <summary>Transactions committed at once: a bound on how long the first of them waits for the last.</summary>
    private const int MostAtOnce = 64;

    private readonly ConcurrentQueue<PendingWrite> waiting = new();
    private readonly FileStream processLock;
    private readonly SqliteConnection writer;
    private readonly SqliteConnection advisory;
    private readonly string readers;
    private readonly SemaphoreSlim gate = new(1, 1);

    private JobDatabase(string path, FileStream processLock)
    {
        Path = path;
        this.processLock = processLock;
        readers = ConnectionString(path, SqliteOpenMode.ReadOnly, pooling: true);
        writer = new SqliteConnection(ConnectionString(path, SqliteOpenMode.ReadWrite, pooling: false));
        advisory = new SqliteConnection(ConnectionString(path, SqliteOpenMode.ReadWrite, pooling: false));
        JobRowChecks.Register(writer);
        JobRowChecks.Register(advisory);
    }

    public string Path { get; }

    /// <summary>Another number as soon as a row has changed.</summary>
    public int Changes => raw.sqlite3_total_changes(writer.Handle) + raw.sqlite3_total_changes(advisory.Handle);

    /// <summary>Opens the store, or refuses with the reason: another process has it, it is damaged, or it cannot be written.</summary>
    public static JobDatabase Open(string path)
    {
        FileStream? held = null;
        JobDatabase? database = null;
        try
        {
            PrivateFile.EnsureFolder(System.IO.Path.GetDirectoryName(path)!);
            held = TakeLock(path);
            EnsureNotEmptied(path);
            PrivateFile.Open(path, FileMode.OpenOrCreate, FileShare.ReadWrite).Dispose();
            database = new JobDatabase(path, held);
            database.Prepare();
            return database;
        }
        catch (Exception failure)
        {
            database?.Dispose();
            held?.Dispose();
            throw failure switch
            {
                SqliteException { SqliteErrorCode: 1 or 11 or 18 or 19 or 26 } broken => Damaged(path, broken.Message, broken),
                UnauthorizedAccessException or IOException or SqliteException =>
                    new JobStoreException(JobStoreFault.NotWritable, $"the job store {path} cannot be written: {failure.Message}", failure),
                _ => failure,
            };
        }
    }

    /// <summary>Runs the work in one transaction that is on the disk when this returns.</summary>
    /// <param name="work">What is to be one.</param>
    /// <param name="cancel">Ends the wait for the writer, not the transaction.</param>
    /// <param name="purpose">Names the transaction among the failpoints.</param>
    public async Task<T> WriteAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancel, [CallerMemberName] string purpose = "")
    {
        var result = default(T);
        var write = new PendingWrite(connection =>
        {
            result = work(connection);
            Failpoint.Before($"store {purpose}", Injected);
        });
        waiting.Enqueue(write);
        try
        {
            await gate.WaitAsync(cancel);
            CommitUntilTaken(write);
        }
        catch (OperationCanceledException) when (!write.TryWithdraw())
        {
            // Another caller's commit has it: what comes of that counts.
        }

        await write.Done;
        Failpoint.After($"store {purpose}", Injected);
        return result!;
    }

    /// <summary>Runs one statement that a power cut may undo (never a crash of the process): progress is not worth an fsync.</summary>
    public async Task<int> WriteAdvisoryAsync(string sql, object parameters, CancellationToken cancel)
    {
        await gate.WaitAsync(cancel);
        try
        {
            Failpoint.Before("store progress", Injected);
            return advisory.Execute(sql, parameters);
        }
        catch (SqliteException failure) when (IsUnavailable(failure))
        {
            throw Unavailable(failure);
        }
        finally
        {
            gate.Release();
        }
    }

    public T Read<T>(Func<SqliteConnection, T> query)
    {
        try
        {
            using var connection = new SqliteConnection(readers);
            connection.Open();
            return query(connection);
        }
        catch (SqliteException failure) when (IsUnavailable(failure))
        {
            throw Unavailable(failure);
        }
    }

    /// <summary>Copies the store as it is at this moment. Nobody waits for it.</summary>
    public void CopyTo(SqliteConnection copy) => Read(connection =>
    {
        connection.BackupDatabase(copy);
        return copy;
    });

    /// <summary>What SQLite finds broken first; null where it finds nothing.</summary>
    public static string? FindBrokenPage(SqliteConnection connection) =>
        connection.Query<string>("PRAGMA integrity_check(1)").First() is var verdict && verdict is "ok" ? null : verdict;

    public void Dispose()
    {
        using (var pooled = new SqliteConnection(readers))
        {
            SqliteConnection.ClearPool(pooled);
        }

        advisory.Dispose();
        writer.Dispose();
        processLock.Dispose();
        gate.Dispose();
    }

    public static FileStream TakeLock(string path)
    {
        // FileShare.None is an exclusive flock: the kernel frees it however the process ends.
        try
        {
            return PrivateFile.Open($"{path}.lock", FileMode.OpenOrCreate, FileShare.None);
        }
        catch (IOException taken) when (File.Exists($"{path}.lock"))
        {
            throw new JobStoreException(JobStoreFault.InUse,
                $"the job store {path} is in use by another gateway: give each its own Jobs:Database", taken);
        }
    }

    /// <summary>SQLite takes an empty file for a new database, and drops the WAL of a missing one.</summary>
    private static void EnsureNotEmptied(string path)
    {
        var (file, wal) = (new FileInfo(path), new FileInfo($"{path}-wal"));
        if (file is { Exists: true, Length: > 0 })
        {
            return;
        }

        if (wal is { Exists: true, Length: > 0 } || File.Exists(JobBackup.PathOf(path)) || (file.Exists && File.Exists(JobSecrets.KeyPath(path))))
        {
            throw Damaged(path, file.Exists ? "it is empty" : "it is missing", null);
        }
    }

    // Whoever has the gate commits for all who wait at it; most of them then find their work done.
    private void CommitUntilTaken(PendingWrite own)
    {
        try
        {
            while (!own.IsTaken)
            {
                CommitWaiting();
            }
        }
        finally
        {
            gate.Release();
        }
    }

    private void CommitWaiting()
    {
        var group = new List<PendingWrite>();
        while (group.Count < MostAtOnce && waiting.TryDequeue(out var next))
        {
            if (next.TryTake())
            {
                group.Add(next);
            }
        }

        Exception? ofAll = null;
        try
        {
            using var transaction = writer.BeginTransaction();
            group.ForEach(write => write.Run(writer, transaction, failure => failure is SqliteException sqlite && IsUnavailable(sqlite)));
            transaction.Commit();
        }
#pragma warning disable CA1031 // Each caller is told.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            ofAll = failure is SqliteException sqlite && IsUnavailable(sqlite) ? Unavailable(sqlite) : failure;
        }

        group.ForEach(write => write.Complete(ofAll));
    }

    private void Prepare()
    {
        writer.Open();
        if (FindBrokenPage(writer) is { } brokenPage)
        {
            throw Damaged(Path, brokenPage, null);
        }

        // auto_vacuum must come before the first table; secure_delete overwrites what is deleted.
        writer.Execute("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON");
        if (JobSchema.HasChecks(writer) && JobRowChecks.FindDamage(writer) is { } brokenRows)
        {
            throw Damaged(Path, brokenRows, null);
        }

        JobSchema.Upgrade(writer);
        CountAnew();
        advisory.Open();
        advisory.Execute("PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON");
    }

    // The counts follow from the jobs, so they are never taken on trust. Where they are right nothing is written: the disk may be full.
    private void CountAnew()
    {
        const string queued = "SELECT namespace, subject, count(*) FROM jobs WHERE state = 'queued' GROUP BY namespace, subject";
        if (writer.ExecuteScalar<bool>($"SELECT EXISTS (SELECT * FROM flows EXCEPT {queued}) OR EXISTS ({queued} EXCEPT SELECT * FROM flows)"))
        {
            writer.Execute($"BEGIN IMMEDIATE; DELETE FROM flows; INSERT INTO flows {queued}; COMMIT");
        }
    }

    public static string ConnectionString(string path, SqliteOpenMode mode, bool pooling) => new SqliteConnectionStringBuilder
    {
        DataSource = path,
        Mode = mode,
        Pooling = pooling,
        ForeignKeys = true,
        DefaultTimeout = BusySeconds,
    }.ToString();

    private static SqliteException Injected(string text) => new(text, SqliteFull);

    private static JobStoreException Damaged(string path, string verdict, Exception? inner) => new(JobStoreFault.Damaged,
        $"the job store {path} is damaged ({verdict}); {JobBackup.Advice(path)}", inner);

    /// <summary>
    /// Busy, locked, read-only, I/O error, corrupt, full, not to be opened, not a database. What else SQLite reports is a defect of the gateway's.
    /// </summary>
    private static bool IsUnavailable(SqliteException failure) => failure.SqliteErrorCode is 5 or 6 or 8 or 10 or 11 or 13 or 14 or 26;

    private static ProblemException Unavailable(SqliteException failure) =>
        new(ProblemKinds.JobStoreUnavailable, "the job store cannot be used at the moment", failure) { RetryAfter = TimeSpan.FromSeconds(5) };
}
