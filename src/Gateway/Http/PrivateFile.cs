using System.Runtime.InteropServices;
using System.Text;

namespace Gateway.Http;

/// <summary>Files and folders that only their owner may read: 0600 and 0700, from the moment they exist.</summary>
internal static class PrivateFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes the folder where it is missing. One that is there keeps its mode: it may be shared on purpose.</summary>
    public static void EnsureFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            throw NoModes();
        }

        Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
    }

    /// <summary>Opens the file, made with mode 0600 where it is missing; one with a wider mode is narrowed.</summary>
    public static FileStream Open(string path, FileMode mode, FileShare share)
    {
        if (OperatingSystem.IsWindows())
        {
            throw NoModes();
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

    /// <summary>How a file is open to others than the gateway; null where it is not, or is not there. Narrowing it instead would hide that it was.</summary>
    /// <param name="isGiven">
    /// Whether somebody else puts it there: then the group may read a file of root's where the gateway is not root, which is how Kubernetes mounts a
    /// secret, and root could read it anyway.
    /// </param>
    public static string? FindOpening(string path, bool isGiven = false)
    {
        if (OperatingSystem.IsWindows())
        {
            throw NoModes();
        }

        if (!File.Exists(path))
        {
            return null;
        }

        var mode = File.GetUnixFileMode(path);
        var allowed = isGiven && !Environment.IsPrivilegedProcess && OwnerOf(path) is 0 ? OwnerOnly | UnixFileMode.GroupRead : OwnerOnly;
        return (mode & ~allowed) is UnixFileMode.None ? null : $"{path} is open to others (mode {Convert.ToString((int)mode, 8).PadLeft(4, '0')}): chmod 600 it";
    }

    private static PlatformNotSupportedException NoModes() => new("secrets are kept in files that need Unix file modes");

    // struct statx is the same on every architecture: stx_uid is its sixth 32-bit word, and 0x8 asks for it. -100 is AT_FDCWD.
    private static uint? OwnerOf(string path)
    {
        var result = new byte[256];
        return statx(-100, [.. Encoding.UTF8.GetBytes(path), 0], 0, 0x8, result) is 0 ? BitConverter.ToUInt32(result, 20) : null;
    }

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int statx(int folder, byte[] path, int flags, uint mask, [Out] byte[] result);
}
