using Dapper;
using Gateway.Http;
using Microsoft.Data.Sqlite;

namespace Gateway.Jobs;

/// <summary>A copy of the store beside it, for the day its disk damages it. It is written under another name and takes the old one's place once it is good.</summary>
internal sealed class JobBackup(JobDatabase database)
{
    private static readonly string[] SideFiles = ["", "-journal", "-wal", "-shm"];

    private int? saved;

    public static string PathOf(string database) => $"{database}.backup";

    /// <summary>Copies the store; false where nothing has changed since the last copy of this process. No writer waits for it.</summary>
    public bool Save()
    {
        var changes = database.Changes;
        if (changes == saved)
        {
            return false;
        }

        var draft = DraftOf(database.Path);
        RemoveDraft();
        try
        {
            Copy(draft);
            File.Move(draft, PathOf(database.Path), overwrite: true);
        }
        finally
        {
            RemoveDraft();
        }

        saved = changes;
        return true;
    }

    /// <summary>Removes what a copy left that a kill interrupted.</summary>
    public void RemoveDraft()
    {
        foreach (var suffix in SideFiles)
        {
            File.Delete(DraftOf(database.Path) + suffix);
        }
    }

    /// <summary>What is wrong with the backup of a database first; null where it is good.</summary>
    public static string? FindDamage(string database)
    {
        try
        {
            using var backup = new SqliteConnection(JobDatabase.ConnectionString(PathOf(database), SqliteOpenMode.ReadOnly, pooling: false));
            JobRowChecks.Register(backup);
            backup.Open();
            return JobDatabase.FindBrokenPage(backup) ?? JobRowChecks.FindDamage(backup);
        }
        catch (SqliteException unreadable)
        {
            return unreadable.Message;
        }
    }

    /// <summary>When a backup was made.</summary>
    public static DateTimeOffset TimeOf(string database) => new(File.GetLastWriteTimeUtc(PathOf(database)));

    /// <summary>What an operator can do about a damaged database.</summary>
    public static string Advice(string database) =>
        !File.Exists(PathOf(database))
            ? "there is no backup: move it away with its -wal and -shm files to start with an empty one"
            : FindDamage(database) is { } damage
                ? $"its backup {PathOf(database)} is damaged too ({damage}): move both away to start with an empty one"
                : $"a good backup from {TimeOf(database):u} is there: the command restore-jobs puts it in place, and what was accepted later is lost; "
                    + "or move both away to start with an empty one";

    private static string DraftOf(string database) => $"{PathOf(database)}-draft";

    private void Copy(string draft)
    {
        PrivateFile.Open(draft, FileMode.CreateNew, FileShare.ReadWrite).Dispose();
        using (var copy = new SqliteConnection(JobDatabase.ConnectionString(draft, SqliteOpenMode.ReadWrite, pooling: false)))
        {
            JobRowChecks.Register(copy);
            copy.Open();

            // A draft needs no journal: it is one file that is synced when it is whole.
            copy.Execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
            database.CopyTo(copy);
            copy.Execute("PRAGMA journal_mode = DELETE");
            if ((JobDatabase.FindBrokenPage(copy) ?? JobRowChecks.FindDamage(copy)) is { } damage)
            {
                throw new InvalidDataException($"the copy of the job store is damaged ({damage}), and so may be the store itself");
            }
        }

        using var file = PrivateFile.Open(draft, FileMode.Open, FileShare.ReadWrite);
        file.Flush(flushToDisk: true);
    }
}
