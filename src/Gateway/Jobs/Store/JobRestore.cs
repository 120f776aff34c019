using Gateway.Http;

namespace Gateway.Jobs;

/// <summary>Puts the backup in the place of the store. What stood there is moved aside, and the backup stays.</summary>
internal static class JobRestore
{
    /// <summary>The database first: without it, but with a backup, no gateway starts, wherever this is interrupted.</summary>
    private static readonly string[] Files = ["", "-wal", "-shm"];

    /// <summary>Tells what it did.</summary>
    public static string Run(string database, TimeProvider time)
    {
        PrivateFile.EnsureFolder(Path.GetDirectoryName(database)!);
        using var held = JobDatabase.TakeLock(database);
        EnsureGood(database);
        var restoring = $"{database}.restoring";
        var aside = $"{database}.damaged-{time.GetUtcNow():yyyyMMdd'T'HHmmss'Z'}";
        try
        {
            Copy(JobBackup.PathOf(database), restoring);
            foreach (var suffix in Files.Where(suffix => File.Exists(database + suffix)))
            {
                File.Move(database + suffix, aside + suffix);
            }

            File.Move(restoring, database);
        }
        finally
        {
            File.Delete(restoring);
        }

        return $"{database} is the backup from {JobBackup.TimeOf(database):u} now. What was accepted after that is lost.\n"
            + $"What stood there is kept as {aside}.";
    }

    private static void EnsureGood(string database)
    {
        var backup = JobBackup.PathOf(database);
        if (!File.Exists(backup))
        {
            throw new JobStoreException(JobStoreFault.NoBackup, $"there is no backup {backup}");
        }

        if (JobBackup.FindDamage(database) is { } damage)
        {
            throw new JobStoreException(JobStoreFault.Damaged, $"the backup {backup} is damaged ({damage})");
        }
    }

    private static void Copy(string from, string to)
    {
        using var source = File.OpenRead(from);
        using var target = PrivateFile.Open(to, FileMode.Create, FileShare.None);
        source.CopyTo(target);
        target.Flush(flushToDisk: true);
    }
}
