using Gateway.Http;

namespace Gateway.Jobs;

/// <summary>Files and folders that only their owner may read: 0600 and 0700, from the moment they exist.</summary>
internal static class PrivateFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes the folder where it is missing. One that is there keeps its mode: it may be shared on purpose.</summary>
    public static void EnsureFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException("the job store needs Unix file modes");
        }

        Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
    }

    /// <summary>Refuses a file that others could read or change, where it is there: narrowing it now would hide that they could.</summary>
    public static void RequirePrivate(string path)
    {
        if (File.Exists(path) && SecretFile.FindOpening(path) is { } opening)
        {
            throw new JobStoreException(JobStoreFault.OpenToOthers, $"the start is refused: the job store's file {opening}");
        }
    }

    /// <summary>Opens the file, made with mode 0600 where it is missing; one with a wider mode is narrowed.</summary>
    public static FileStream Open(string path, FileMode mode, FileShare share)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException("the job store needs Unix file modes");
        }

        var file = new FileStream(path, new FileStreamOptions
        {
            Mode = mode,
            Access = FileAccess.ReadWrite,
            Share = share,
            UnixCreateMode = mode == FileMode.Open ? null : OwnerOnly,
        });
        File.SetUnixFileMode(file.SafeFileHandle, OwnerOnly);
        return file;
    }
}
