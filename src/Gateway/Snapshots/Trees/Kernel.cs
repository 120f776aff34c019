using System.Runtime.InteropServices;
using Gateway.Http;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Snapshots.Trees;

/// <summary>The system calls by which trees are read: relative to an open folder, one name at a time, and never following a link.</summary>
internal static class Kernel
{
    private const int NotThere = 2;          // ENOENT
    private const int NotPermitted = 1;      // EPERM
    private const int AccessDenied = 13;     // EACCES
    private const int NotAFolder = 20;       // ENOTDIR
    private const int TooManyOpen = 24;      // EMFILE
    private const int NameTooLong = 36;      // ENAMETOOLONG: no file can have the name
    private const int NoData = 61;           // ENODATA
    private const int ManyLinks = 40;        // ELOOP: the name is a link
    private const int NotSupported = 95;     // EOPNOTSUPP
    private const int Interrupted = 4;       // EINTR

    private const int CloseOnExec = 0x80000; // O_CLOEXEC
    private const int NonBlocking = 0x800;   // O_NONBLOCK
    private const int PathOnly = 0x200000;   // O_PATH

    // O_DIRECTORY and O_NOFOLLOW are the two that are not alike everywhere.
    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;
    private static readonly int Folder = IsArm ? 0x4000 : 0x10000;
    private static readonly int NoFollow = IsArm ? 0x8000 : 0x20000;

    private const int AtEmptyPath = 0x1000;
    private const int AtNoFollow = 0x100;
    private const int CurrentFolder = -100;
    private const uint BasicStats = 0x7ff;

    /// <summary>Opens a folder by its path on the host; null where it is not there. The one path that is not a caller's.</summary>
    public static SafeFileHandle? OpenFolder(string path) => Opened(openat(CurrentFolder, Terminated(path), CloseOnExec | Folder, 0));

    /// <summary>Opens a folder within a folder; null where the name is no folder, or gone.</summary>
    public static SafeFileHandle? OpenFolder(SafeFileHandle folder, byte[] name) => Opened(With(folder, at => openat(at, name, CloseOnExec | Folder | NoFollow, 0)));

    /// <summary>
    /// Opens a regular file within a folder for reading; null where the name is none, or gone. Looked at before it is opened: the opening
    /// of a device has effects, and that of a FIFO waits.
    /// </summary>
    public static SafeFileHandle? OpenFile(SafeFileHandle folder, byte[] name)
    {
        using var place = Opened(With(folder, at => openat(at, name, CloseOnExec | PathOnly | NoFollow, 0)));
        return place is not null && Stat(place) is { Type: FileType.File }
            ? Opened(openat(CurrentFolder, Terminated($"/proc/self/fd/{place.DangerousGetHandle()}"), CloseOnExec | NonBlocking, 0))
            : null;
    }

    /// <summary>What a name in a folder is; null where it is not there.</summary>
    public static FileFacts? Stat(SafeFileHandle folder, byte[] name) => Facts(With(folder, at => statx(at, name, AtNoFollow, BasicStats, out var facts) is 0 ? facts : (StatxBuffer?)null));

    /// <summary>What a link says; null where the name is no link, or gone.</summary>
    public static byte[]? ReadLink(SafeFileHandle folder, byte[] name)
    {
        var target = new byte[4096];
        var length = With(folder, at => readlinkat(at, name, target, (nuint)target.Length));
        return length < 0 ? null : target[..(int)length];
    }

    /// <summary>An extended attribute of an open file or folder; null where it has none of that name.</summary>
    public static byte[]? Attribute(SafeFileHandle file, byte[] name)
    {
        var value = new byte[4096];
        var length = With(file, at => fgetxattr(at, name, value, (nuint)value.Length));
        return length >= 0 ? value[..(int)length] : Marshal.GetLastPInvokeError() is NoData or NotSupported ? null : throw Failure();
    }

    /// <summary>The next entries of a folder as the kernel packs them; 0 at the end.</summary>
    public static int ReadFolder(SafeFileHandle folder, byte[] buffer)
    {
        var length = With(folder, at => getdents64(at, buffer, (nuint)buffer.Length));
        return length >= 0 ? (int)length : throw Failure();
    }

    public static byte[] Terminated(string text) => [.. System.Text.Encoding.UTF8.GetBytes(text), 0];

    private static FileFacts? Stat(SafeFileHandle place) => Facts(With(place, at => statx(at, [0], AtEmptyPath, BasicStats, out var facts) is 0 ? facts : (StatxBuffer?)null));

    private static FileFacts? Facts(StatxBuffer? facts) =>
        facts is { } known ? FileFacts.From(known) : Marshal.GetLastPInvokeError() is NotThere or NotAFolder or NameTooLong ? null : throw Failure();

    private static SafeFileHandle? Opened(int descriptor) => descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true)
        : Marshal.GetLastPInvokeError() is NotThere or NotAFolder or ManyLinks ? null : throw Failure();

    private static T With<T>(SafeFileHandle handle, Func<int, T> call)
    {
        var isHeld = false;
        try
        {
            handle.DangerousAddRef(ref isHeld);
            return call((int)handle.DangerousGetHandle());
        }
        finally
        {
            if (isHeld)
            {
                handle.DangerousRelease();
            }
        }
    }

    private static Exception Failure() => Marshal.GetLastPInvokeError() switch
    {
        AccessDenied or NotPermitted => new ProblemException(ProblemKinds.SnapshotNotReadable, "the gateway may not read the snapshotter's folders"),
        TooManyOpen => new ProblemException(ProblemKinds.TooManyRequests, "too many files are open") { RetryAfter = TimeSpan.FromSeconds(5) },
        Interrupted => new IOException("a system call was interrupted"),
        var other => new IOException($"a system call failed with error {other}"),
    };

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int openat(int folder, byte[] path, int flags, int mode);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int statx(int folder, byte[] path, int flags, uint mask, out StatxBuffer buffer);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint readlinkat(int folder, byte[] path, [Out] byte[] buffer, nuint size);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint fgetxattr(int file, byte[] name, [Out] byte[] value, nuint size);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint getdents64(int folder, [Out] byte[] buffer, nuint size);
}

/// <summary>The kernel's struct statx, which is the same on every architecture; 256 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct StatxBuffer
{
    [FieldOffset(20)]
    public uint Uid;
    [FieldOffset(24)]
    public uint Gid;
    [FieldOffset(28)]
    public ushort Mode;
    [FieldOffset(32)]
    public ulong Inode;
    [FieldOffset(40)]
    public ulong Size;
    [FieldOffset(112)]
    public long ModifiedSeconds;
    [FieldOffset(120)]
    public uint ModifiedNanoseconds;
    [FieldOffset(128)]
    public uint DeviceMajor;
    [FieldOffset(132)]
    public uint DeviceMinor;
    [FieldOffset(136)]
    public uint VolumeMajor;
    [FieldOffset(140)]
    public uint VolumeMinor;
}
