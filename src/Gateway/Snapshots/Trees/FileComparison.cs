using Microsoft.Win32.SafeHandles;

namespace Gateway.Snapshots.Trees;

/// <summary>Whether a path is the same in two trees, by the rule containerd writes layers by (continuity, fs/diff.go).</summary>
internal static class FileComparison
{
    private const int BufferBytes = 64 * 1024;

    /// <summary>
    /// A folder by its owner and mode; anything else also by size, time and what it holds. Bytes are only compared where the time cannot
    /// tell: archives cut it to seconds.
    /// </summary>
    public static bool AreEqual(TreeEntry right, TreeEntry left)
    {
        var (a, b) = (right.Facts, left.Facts);
        if ((a.Type, a.Mode, a.Uid, a.Gid, a.DeviceMajor, a.DeviceMinor) != (b.Type, b.Mode, b.Uid, b.Gid, b.DeviceMajor, b.DeviceMinor))
        {
            return false;
        }

        return a.Type switch
        {
            FileType.Directory => true,
            FileType.Symlink => right.LinkTarget == left.LinkTarget,
            FileType.File => (a.Size, a.ModifiedSeconds) == (b.Size, b.ModifiedSeconds) && HaveEqualBytes(right, left),
            _ => a.ModifiedSeconds == b.ModifiedSeconds,
        };
    }

    private static bool HaveEqualBytes(TreeEntry right, TreeEntry left)
    {
        var (a, b) = (right.Facts, left.Facts);
        var areCut = a.ModifiedNanoseconds is 0 || b.ModifiedNanoseconds is 0;
        return areCut ? a.Size is 0 || CompareBytes(right, left) : a.ModifiedNanoseconds == b.ModifiedNanoseconds;
    }

    private static bool CompareBytes(TreeEntry right, TreeEntry left)
    {
        using var a = right.OpenFile();
        using var b = left.OpenFile();
        var (bufferA, bufferB) = (new byte[BufferBytes], new byte[BufferBytes]);
        for (var offset = 0L; a is not null && b is not null;)
        {
            var (readA, readB) = (Fill(a, bufferA, offset), Fill(b, bufferB, offset));
            if (readA != readB || !bufferA.AsSpan(0, readA).SequenceEqual(bufferB.AsSpan(0, readB)))
            {
                return false;
            }

            if (readA is 0)
            {
                return true;
            }

            offset += readA;
        }

        return false;
    }

    private static int Fill(SafeFileHandle file, byte[] buffer, long offset)
    {
        var filled = 0;
        for (int read; filled < buffer.Length && (read = RandomAccess.Read(file, buffer.AsSpan(filled), offset + filled)) > 0;)
        {
            filled += read;
        }

        return filled;
    }
}
