using Microsoft.Win32.SafeHandles;

namespace Gateway.Audit;

/// <summary>Reads records from the newest back, over all files, in a block at a time.</summary>
internal static class AuditReader
{
    private const int Block = 4 * AuditLine.MaxBytes;

    /// <summary>Lines without their ends, each good until the next is asked for.</summary>
    /// <param name="path">The file that is written.</param>
    /// <param name="before">Begins with the record before this one; null: with the newest.</param>
    public static IEnumerable<ReadOnlyMemory<byte>> NewestFirst(string path, long? before)
    {
        // A file that is put aside meanwhile is met again under its next number: what was seen of it is not shown twice.
        var limit = before ?? long.MaxValue;
        for (var number = 0; number <= AuditFiles.Oldest(path); number++)
        {
            using var file = TryOpen(AuditFiles.NameOf(path, number));
            if (file is null)
            {
                continue;
            }

            foreach (var line in Backwards(file, EndBefore(file, limit)))
            {
                if (AuditLink.SequenceOf(line.Span) is { } sequence && sequence < limit)
                {
                    limit = sequence;
                    yield return line;
                }
            }
        }
    }

    private static SafeFileHandle? TryOpen(string path)
    {
        try
        {
            return AuditLines.Open(path);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    // Halves the file until less than a block is left behind the place where the record begins.
    private static long EndBefore(SafeFileHandle file, long limit)
    {
        var (low, high) = (0L, AuditLines.WholeLength(file));
        var block = new byte[Block];
        while (limit < long.MaxValue && high - low > Block)
        {
            var middle = low + ((high - low) / 2);
            var text = block.AsSpan(0, RandomAccess.Read(file, block, middle));
            var line = text[(text.IndexOf((byte)'\n') + 1)..];
            var begin = middle + text.Length - line.Length;
            (low, high) = begin < high && AuditLink.SequenceOf(line) is { } sequence && sequence >= limit ? (low, begin) : (middle, high);
        }

        return high;
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Backwards(SafeFileHandle file, long end)
    {
        var block = new byte[Block];
        while (end > 0)
        {
            var begin = Math.Max(0, end - Block);
            var last = RandomAccess.Read(file, block.AsSpan(0, (int)(end - begin)), begin) - 1;
            while (last > 0 && (block.AsSpan(0, last).LastIndexOf((byte)'\n') is >= 0 and var before || (begin is 0 && (before = -1) < 0)))
            {
                yield return block.AsMemory(before + 1, last - before - 1);
                last = before;
            }

            // What is left is the end of a line that begins in the block before.
            end = last >= 0 && begin + last + 1 < end ? begin + last + 1 : begin;
        }
    }
}
