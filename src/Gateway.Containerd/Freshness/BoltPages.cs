using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Containerd.Freshness;

/// <summary>Reads the number of the last transaction out of a bbolt database that another process writes.</summary>
/// <remarks>
/// bbolt's page.go and db.go, unchanged since boltdb's file format 2: pages 0 and 1 each hold, after a header of 16 bytes, magic, version,
/// page size, flags, root (16 bytes), freelist, high-water mark, transaction and a FNV-1a checksum of all before it; little-endian on every
/// machine containerd is built for. Transactions write the two in turn, so the higher number is the last one's.
/// </remarks>
internal static class BoltPages
{
    internal const int MetaBytes = 64;

    private const int HeaderBytes = 16;
    private const uint Magic = 0xED0CDAED;
    private const uint FormatVersion = 2;
    private const int MaxPageBytes = 64 * 1024;

    // A page may be read while it is being written; its checksum then does not fit, and the next look sees it whole.
    private const int Attempts = 4;

    /// <summary>The last transaction; null where this is no such database.</summary>
    public static ulong? LastTransaction(SafeFileHandle file)
    {
        Span<byte> first = stackalloc byte[MetaBytes];
        Span<byte> second = stackalloc byte[MetaBytes];
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (RandomAccess.Read(file, first, HeaderBytes) is MetaBytes && Transaction(first) is { } one
                && RandomAccess.Read(file, second, PageBytes(first) + HeaderBytes) is MetaBytes && Transaction(second) is { } two)
            {
                return Math.Max(one, two);
            }
        }

        return null;
    }

    /// <summary>The transaction a meta page names; null where it is none, or not whole.</summary>
    internal static ulong? Transaction(ReadOnlySpan<byte> meta) =>
        BinaryPrimitives.ReadUInt32LittleEndian(meta) is Magic
        && BinaryPrimitives.ReadUInt32LittleEndian(meta[4..]) is FormatVersion
        && PageBytes(meta) is > 0 and <= MaxPageBytes
        && BinaryPrimitives.ReadUInt64LittleEndian(meta[56..]) == Checksum(meta[..56])
            ? BinaryPrimitives.ReadUInt64LittleEndian(meta[48..])
            : null;

    internal static ulong Checksum(ReadOnlySpan<byte> bytes)
    {
        var hash = 0xCBF29CE484222325;
        foreach (var value in bytes)
        {
            hash = unchecked((hash ^ value) * 0x100000001B3);
        }

        return hash;
    }

    private static uint PageBytes(ReadOnlySpan<byte> meta) => BinaryPrimitives.ReadUInt32LittleEndian(meta[8..]);
}
