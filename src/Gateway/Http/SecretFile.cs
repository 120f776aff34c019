using System.Runtime.InteropServices;
using System.Text;

namespace Gateway.Http;

/// <summary>Files that hold secrets and must be their owner's alone.</summary>
internal static class SecretFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>
    /// How a file is open to others than the gateway; null where it is not. The group may read a file of root's where the gateway is not root, which is
    /// how Kubernetes mounts a secret: root could read it anyway.
    /// </summary>
    public static string? FindOpening(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException("secrets are kept in files that need Unix file modes");
        }

        var mode = File.GetUnixFileMode(path);
        var allowed = !Environment.IsPrivilegedProcess && OwnerOf(path) is 0 ? OwnerOnly | UnixFileMode.GroupRead : OwnerOnly;
        return (mode & ~allowed) is UnixFileMode.None ? null : $"{path} is open to others (mode {Convert.ToString((int)mode, 8).PadLeft(4, '0')}): chmod 600 it";
    }

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
