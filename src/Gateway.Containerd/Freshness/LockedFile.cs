using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Containerd.Freshness;

/// <summary>A file another process holds an exclusive lock on for as long as it uses it, as bbolt does.</summary>
internal sealed class LockedFile : IDisposable
{
    private const int OpenReadOnly = 0x80800;   // O_RDONLY | O_CLOEXEC | O_NONBLOCK
    private const int TryShared = 5;            // LOCK_SH | LOCK_NB
    private const int Unlock = 8;               // LOCK_UN
    private const int WouldBlock = 11;          // EWOULDBLOCK

    private LockedFile(SafeFileHandle handle) => Handle = handle;

    public SafeFileHandle Handle { get; }

    /// <summary>
    /// Whether some process still holds the lock. Where none does, it is taken for a moment and given back; bbolt asks again every 50 ms, so
    /// a daemon that is just starting does not fail for it.
    /// </summary>
    public bool IsHeld
    {
        get
        {
            if (Flock(Handle, TryShared) is not 0)
            {
                return Marshal.GetLastPInvokeError() is WouldBlock;
            }

            _ = Flock(Handle, Unlock);
            return false;
        }
    }

    /// <summary>Opens without a lock, which .NET's own way of opening would take: containerd could then not start. Null where it cannot be opened.</summary>
    public static LockedFile? Open(string path)
    {
        var handle = Open(path, OpenReadOnly);
        if (!handle.IsInvalid)
        {
            return new LockedFile(handle);
        }

        handle.Dispose();
        return null;
    }

    /// <summary>Whether <c>/proc/locks</c> shows an exclusive lock of that process on this very file: device and inode.</summary>
    public bool IsHeldBy(int pid)
    {
        if (Identity() is not { } identity)
        {
            return false;
        }

        // 1: FLOCK  ADVISORY  WRITE 28698 fe:00:11657477 0 EOF
        var owner = pid.ToString(CultureInfo.InvariantCulture);
        return File.ReadLines("/proc/locks")
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Any(words => words is [_, "FLOCK", _, "WRITE", var holder, var file, ..] && holder == owner && file == identity);
    }

    public void Dispose() => Handle.Dispose();

    // As /proc/locks writes it, "major:minor:inode", the first two in hex. fdinfo names the inode since Linux 5.14.
    private string? Identity()
    {
        var facts = File.ReadLines($"/proc/self/fdinfo/{Handle.DangerousGetHandle()}")
            .Select(line => line.Split(':', 2, StringSplitOptions.TrimEntries)).Where(pair => pair.Length is 2)
            .ToLookup(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        var device = File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' '))
            .FirstOrDefault(words => words[0] == facts["mnt_id"].FirstOrDefault())?[2].Split(':');
        return device is [var major, var minor] && facts["ino"].FirstOrDefault() is { } inode
            ? $"{int.Parse(major, CultureInfo.InvariantCulture):x2}:{int.Parse(minor, CultureInfo.InvariantCulture):x2}:{inode}"
            : null;
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern SafeFileHandle Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "flock", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Flock(SafeFileHandle file, int operation);
}
