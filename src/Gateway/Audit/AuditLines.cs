using Microsoft.Win32.SafeHandles;

namespace Gateway.Audit;

/// <summary>The lines of a file from its beginning, in a buffer of two longest lines.</summary>
internal static class AuditLines
{
    /// <summary>Opens a file that may be written meanwhile.</summary>
    public static SafeFileHandle Open(string path) => File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);

    /// <summary>Bytes up to the end of the last whole line.</summary>
    public static long WholeLength(SafeFileHandle file)
    {
        var block = new byte[AuditLine.MaxBytes];
        var end = RandomAccess.GetLength(file);
        while (end > 0)
        {
            var begin = Math.Max(0, end - block.Length);
            var read = RandomAccess.Read(file, block.AsSpan(0, (int)(end - begin)), begin);
            if (block.AsSpan(0, read).LastIndexOf((byte)'\n') is >= 0 and var last)
            {
                return begin + last + 1;
            }

            end = begin;
        }

        return 0;
    }

    /// <summary>Whole lines without their ends, each good until the next is asked for. One that is too long comes in pieces that are no records.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> OldestFirst(SafeFileHandle file, long end)
    {
        var buffer = new byte[2 * AuditLine.MaxBytes];
        for (long offset = 0; offset < end;)
        {
            var filled = RandomAccess.Read(file, buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - offset)), offset);
            var begin = 0;
            while (buffer.AsSpan(begin, filled - begin).IndexOf((byte)'\n') is >= 0 and var length)
            {
                yield return buffer.AsMemory(begin, length);
                begin += length + 1;
            }

            if (begin is 0)
            {
                yield return buffer.AsMemory(0, filled);
                begin = Math.Max(1, filled);
            }

            offset += begin;
        }
    }
}
