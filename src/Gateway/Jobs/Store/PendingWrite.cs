using Microsoft.Data.Sqlite;

namespace Gateway.Jobs;

/// <summary>
/// A caller's transaction that waits for the writer. Those that wait at the same time are committed together, and the disk is synced once for all of them;
/// one that fails is undone alone.
/// </summary>
internal sealed class PendingWrite(Action<SqliteConnection> work)
{
    private const string Savepoint = "one";

    private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exception? failure;
    private int state; // 0 waits, 1 is taken, 2 is withdrawn

    public bool IsTaken => Volatile.Read(ref state) is 1;

    /// <summary>Ends when it is on the disk, or with its failure.</summary>
    public Task Done => done.Task;

    public bool TryTake() => Interlocked.CompareExchange(ref state, 1, 0) is 0;

    /// <summary>Whether it will not happen.</summary>
    public bool TryWithdraw() => Interlocked.CompareExchange(ref state, 2, 0) is 0;

    /// <summary>Does the work within the transaction of all. A failure is its own, unless SQLite cannot go on.</summary>
    public void Run(SqliteConnection writer, SqliteTransaction transaction, Func<Exception, bool> endsAll)
    {
        transaction.Save(Savepoint);
        try
        {
            work(writer);
            transaction.Release(Savepoint);
        }
#pragma warning disable CA1031 // Whatever it fails with, its caller is told.
        catch (Exception own) when (!endsAll(own))
#pragma warning restore CA1031
        {
            transaction.Rollback(Savepoint);
            transaction.Release(Savepoint);
            failure = own;
        }
    }

    /// <summary>Tells the caller, of a failure of all if there was one.</summary>
    public void Complete(Exception? ofAll)
    {
        if ((failure ?? ofAll) is { } told)
        {
            done.SetException(told);
        }
        else
        {
            done.SetResult();
        }
    }
}
