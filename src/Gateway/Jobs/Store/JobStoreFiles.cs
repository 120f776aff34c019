using Gateway.Http;

namespace Gateway.Jobs;

/// <summary>The files of the store: the database, its lock and its key.</summary>
internal sealed class JobStoreFiles : IDisposable
{
    private JobStoreFiles(JobDatabase database, JobSecrets secrets) => (Database, Secrets) = (database, secrets);

    public JobDatabase Database { get; }

    public JobSecrets Secrets { get; }

    /// <summary>Opens them, or refuses with the reason.</summary>
    public static JobStoreFiles Open(JobOptions options)
    {
        var path = JobStorePath.Choose(options.Database);
        foreach (var file in new[] { path, $"{path}-wal", $"{path}-shm", JobBackup.PathOf(path), JobSecrets.KeyPath(path) })
        {
            if (PrivateFile.FindOpening(file) is { } opening)
            {
                throw new JobStoreException(JobStoreFault.OpenToOthers, $"the start is refused: the job store's file {opening}");
            }
        }

        var database = JobDatabase.Open(path);
        try
        {
            // The lock is held by now: two first starts do not make two keys.
            return new JobStoreFiles(database, JobSecrets.Open(JobSecrets.KeyPath(path)));
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    public void Dispose() => Database.Dispose();
}
