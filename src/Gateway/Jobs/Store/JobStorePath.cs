using Gateway.Http;

namespace Gateway.Jobs;

/// <summary>Chooses where the store is.</summary>
internal static class JobStorePath
{
    private const string SystemPath = "/var/lib/gateway/jobs.db";

    /// <summary>The configured path; without one the system's, or the user's where that cannot be written.</summary>
    public static string Choose(string? configured) => configured is not null ? Path.GetFullPath(configured)
        : CanWrite(SystemPath) ? SystemPath
        : UserPath(Environment.GetEnvironmentVariable("XDG_STATE_HOME"), Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));

    /// <summary>The folder of the store, where other things of the gateway lie by default.</summary>
    public static string FolderOf(JobOptions options) => Path.GetDirectoryName(Choose(options.Database))!;

    /// <summary>By the XDG base directory specification a relative XDG_STATE_HOME is ignored.</summary>
    public static string UserPath(string? stateHome, string home) => Path.Join(
        Path.IsPathRooted(stateHome) ? stateHome : Path.Join(home, ".local", "state"), "gateway", "jobs.db");

    /// <summary>Tries it: modes alone do not tell of a read-only file system.</summary>
    public static bool CanWrite(string database)
    {
        var probe = $"{database}.probe-{Environment.ProcessId}";
        try
        {
            PrivateFile.EnsureFolder(Path.GetDirectoryName(database)!);
            using (PrivateFile.Open(probe, FileMode.OpenOrCreate, FileShare.ReadWrite))
            {
                return true;
            }
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            return false;
        }
        finally
        {
            DeleteIfThere(probe);
        }
    }

    private static void DeleteIfThere(string probe)
    {
        if (File.Exists(probe))
        {
            File.Delete(probe);
        }
    }
}
